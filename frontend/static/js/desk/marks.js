// Marking errors: a span of text or a region of an image, with its type and whether it matters.
// A mark is a ticked box below its pane, so it goes with the vote as any other field does; unticking
// it takes it out. The box's value is the mark as JSON.

import { all, announce, describe, find, form, word } from "./dom.js";
import { save } from "./draft.js";
import { asCharacters, asUnits, offsetsOf, paint, rangeOf, readText, reveal } from "./text.js";

const MOST_QUOTED = 500;
let chosen = null; // the last selection inside a pane: a tap on the button may clear it
let pending = null; // the place the dialog asks about

const bodyOf = (side) => find(`#pane-${side} .pane__body`);
const boxes = () => all(".marks input");

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

const sideInFocus = () => document.activeElement?.closest?.(".pane")?.dataset.side ?? "left";

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

document.addEventListener("submit", (event) => {
  if (event.target.id !== "mark-form") return;
  event.preventDefault();
  const given = new FormData(event.target);
  add({ ...pending, error_type: given.get("error_type"), significant: given.has("significant"), note: given.get("note") });
  find("#mark-dialog").hidePopover();
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

function item(value) {
  const mark = JSON.parse(value);
  const row = find("#mark-item").content.cloneNode(true);
  Object.assign(find("input", row), { value, checked: true });
  find(".mark__place", row).textContent = describe(mark);
  const type = find(`#mark-form [value="${CSS.escape(mark.error_type)}"]`)?.closest("label").textContent.trim();
  find(".mark__said", row).textContent = [type, mark.significant && word("significant"), mark.note].filter(Boolean).join(" · ");
  find(".mark__show", row).hidden = Boolean(mark.region);
  find(`#marks-${mark.side}`).append(row);
}

// Marks of a draft, in place of those the page came with.
document.addEventListener("desk:marks", (event) => {
  for (const row of all(".marks li")) row.remove();
  for (const value of event.detail) item(value);
  show();
});

const ticked = () => boxes().filter((box) => box.checked).map((box) => JSON.parse(box.value));

function changed() {
  save();
  show();
}

let drawnOn = false; // an image bears regions, or bore some of the ballot before

function show() {
  for (const list of all(".marks")) list.hidden = !list.children.length;
  const marks = ticked();
  paint("marked", marks.filter((mark) => !mark.region).map(rangeOfMark).filter(Boolean));
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
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-mark]");
  if (button) begin(button.dataset.mark);
  const shower = event.target.closest?.(".mark__show");
  const mark = shower && JSON.parse(find("input", shower.closest("li")).value);
  const range = mark && !mark.region && rangeOfMark(mark);
  if (range) reveal(range);
});

export function start() {
  chosen = pending = null;
  if (!form()) return;
  for (const button of all("[data-mark]")) button.hidden = false;
  show();
}
