// Marking errors: a span of text, a region of an image or what is missing, with its type and whether it
// matters.

import { isMissing, item, list, ticked } from "./boxes.js";
import { all, announce, find, form, word } from "./dom.js";
import * as draft from "./draft.js";
import { describe } from "./places.js";
import { asCharacters, asUnits, offsetsOf, paint, rangeOf, readText, reveal } from "./text.js";

const MOST_QUOTED = 500;
let chosen = null; // the last selection inside a pane: a tap on the button may clear it
let pending = null; // the place the dialog asks about

const bodyOf = (side) => find(`#pane-${side} .pane__body`);

function noteSelection() {
  const selection = getSelection();
  const pane = selection.anchorNode?.parentElement?.closest?.(".pane__body");
  if (pane && !selection.isCollapsed) chosen = { side: pane.closest(".pane").dataset.side, range: selection.getRangeAt(0).cloneRange() };
  else if (pane) chosen = null;
}
document.addEventListener("selectionchange", noteSelection);

// What is selected; else the pane in focus word by word, or its image.
export async function begin(wanted) {
  noteSelection();
  const side = wanted ?? chosen?.side ?? sideInFocus();
  const place = chosen?.side === side ? placeOf(side, chosen.range) : null;
  if (place) return ask(place);
  const viewer = find("[data-looks]", bodyOf(side));
  if (viewer?.imagePoint) return (await import("./regions.js")).draw(viewer, (region) => ask({ side, region }));
  return (await import("./wordwise.js")).walk(bodyOf(side), (range) => ask(placeOf(side, range)));
}

const paneInFocus = () => document.activeElement?.closest?.(".pane")?.dataset.side;
const sideInFocus = () => paneInFocus() ?? "left";

// What was begun stays until it is added: a click beside the dialog closes it.
export function beginMissing(wanted) {
  const side = wanted || paneInFocus();
  for (const radio of all("#missing-form [name=side]")) radio.checked = radio.value === side;
  find("#missing-dialog").showPopover();
  (find("#missing-form input:invalid") ?? find("#missing-form [name=note]")).focus();
}

function placeOf(side, range) {
  const read = readText(bodyOf(side));
  const found = offsetsOf(read, range);
  if (!found) return null;
  const quote = [...read.text.slice(found.start, found.end)].slice(0, MOST_QUOTED).join("");
  return { side, start: asCharacters(read.text, found.start), end: asCharacters(read.text, found.end), quote };
}

function ask(place) {
  if (!place) return;
  pending = place;
  find("#mark-form").reset();
  find("#mark-place").textContent = describe(place);
  find("#mark-dialog").showPopover();
  find("#mark-form input").focus();
}

const PLACES = { "mark-form": () => pending, "missing-form": (given) => ({ side: given.get("side") }) };

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!Object.hasOwn(PLACES, form.id)) return;
  event.preventDefault();
  const given = new FormData(form);
  add({ ...PLACES[form.id](given), error_type: given.get("error_type"), significant: given.has("significant"), note: given.get("note").trim() });
  form.closest("[popover]").hidePopover();
  form.reset();
});

function add(mark) {
  item(JSON.stringify(mark));
  const pane = bodyOf(mark.side);
  getSelection().removeAllRanges();
  chosen = null;
  changed();
  announce(word("mark_added", { count: all(`#marks-${mark.side} input`).length }));
  pane.focus({ preventScroll: true });
}

function changed() {
  draft.changed();
  show();
}

let drawnOn = false; // an image bears regions, or bore some of the ballot before

function show() {
  list();
  const marks = ticked();
  paint("marked", marks.filter((mark) => !mark.region && !isMissing(mark)).map(rangeOfMark).filter(Boolean));
  const drawn = drawnOn || marks.some((mark) => mark.region);
  if (drawn) import("./regions.js").then((regions) => regions.show(marks));
  drawnOn = drawn;
}

// Where it was, or where its words are now if the page is laid out otherwise.
function rangeOfMark({ side, start, end, quote }) {
  const read = readText(bodyOf(side));
  const [from, to] = [asUnits(read.text, start), asUnits(read.text, end)];
  if (read.text.slice(from, to).startsWith(quote)) return rangeOf(read, from, to);
  const elsewhere = read.text.indexOf(quote);
  return elsewhere < 0 ? null : rangeOf(read, elsewhere, elsewhere + quote.length);
}

document.addEventListener("change", (event) => { if (event.target.closest?.(".marks")) changed(); });

export function showPlace(row) {
  const mark = JSON.parse(find("input", row).value);
  if (mark.region) import("./regions.js").then((regions) => regions.reveal(mark));
  else showWords(mark);
}

function showWords(mark) {
  const range = rangeOfMark(mark);
  if (range) reveal(range);
}

export function start() {
  chosen = pending = null;
  noteSelection();
  if (form()) show();
}
