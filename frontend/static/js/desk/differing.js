// From one place that only one side has to the next, in both panes at once: words, spans and rows that
// the page marks as such. Where the other side lacks them, it is brought to the same point of the text.

import { all, announce, find, settings, word } from "./dom.js";
import { rest } from "./scrolling.js";
import { paint, rangeOf, readText, reveal } from "./text.js";

const SIDES = ["left", "right"];
const MARKED = ".differences ins, .span--only, .met--here";
const ALIGNED = ".differences ins, .span--only"; // both sides have all the rest of the text
const MOST_TOLD = 200; // characters of a place
const letters = (text) => text.replace(/\s/g, "").length;
let before = null; // the place last gone to

const textOf = (side) => readText(find(`#pane-${side} .pane__body`));

// The marked places of a side. `at`: how many letters stand before it that both sides have.
function placesOf(side) {
  const read = textOf(side);
  const found = [];
  let at = 0;
  for (const { node, start } of read.pieces) {
    const element = node.parentElement.closest(MARKED);
    if (element) widen(found, { side, at, element, from: start, to: start + node.length });
    if (element?.tagName !== "INS") at += letters(node.data);
  }
  return found.map((place) => ({ ...place, range: rangeIn(read, place) }));
}

// A row is told apart by a badge, and is itself the place.
function rangeIn(read, { element, from, to }) {
  const range = rangeOf(read, from, to);
  if (!element.matches(ALIGNED)) range.selectNodeContents(element.closest(".ranked__head, tr, summary") ?? element.parentElement);
  return range;
}

// Pieces of one place follow each other with nothing between them.
function widen(found, piece) {
  const last = found.at(-1);
  if (last && piece.from <= last.to) last.to = piece.to;
  else found.push(piece);
}

// In the order of the text; what both sides have instead of each other is one stop.
function stops() {
  const found = [];
  for (const place of SIDES.flatMap(placesOf).sort((one, other) => one.at - other.at)) {
    const last = found.at(-1);
    if (last?.length === 1 && last[0].at === place.at && last[0].side !== place.side) last.push(place);
    else found.push([place]);
  }
  return found;
}

export function go(step) {
  const found = stops();
  if (!found.length) return announce(nothing());
  const now = found.findIndex(([{ element }]) => element === before);
  const next = now < 0 && step < 0 ? found.length - 1 : (now + step + found.length) % found.length;
  show(found[next]);
  return announce(word("found_at", { number: next + 1, of: found.length, part: found[next].map(told).join("; ") }));
}

function nothing() {
  const offered = find("#desk-differences") && !find(".differences");
  return offered ? word("no_difference_yet", { key: settings().keys.differences }) : word("no_difference");
}

const told = ({ side, range }) => `${word(`part_${side}`)}: ${range.toString().trim().slice(0, MOST_TOLD)}`;

// The first one last: on a phone one pane is in view.
function show(places) {
  const [first] = places;
  before = first.element;
  paint("found-now", places.map(({ range }) => range));
  find(`#pane-${first.side} .pane__body`).focus({ preventScroll: true });
  if (places.length === 1 && before.matches(ALIGNED)) revealPoint(SIDES.find((side) => side !== first.side), first.at);
  for (const { range } of [...places].reverse()) reveal(range);
  if (before.matches(ALIGNED)) rest();
}

// Where a side has as many letters of what both have.
function revealPoint(side, at) {
  const read = textOf(side);
  let passed = 0;
  for (const { node, start } of read.pieces) {
    const own = node.parentElement.closest("ins") ? 0 : letters(node.data);
    if (passed + own > at) {
      const from = start + letterAt(node.data, at - passed);
      return reveal(rangeOf(read, from, from + 1));
    }
    passed += own;
  }
  return read.pieces.length && reveal(rangeOf(read, Math.max(0, read.text.length - 1), read.text.length));
}

function letterAt(text, wanted) {
  let passed = 0;
  return [...text.matchAll(/\S/g)].find(() => (passed += 1) > wanted).index;
}

export function start() {
  before = null;
}
