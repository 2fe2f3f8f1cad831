// Finding words in the case and both outputs at once, with how often each part has them: whether a
// drug of the note is in either summary is one word away. Sources of an answer use it as well.

import { all, announce, find, word } from "./dom.js";
import { paint, rangeOf, readText, reveal } from "./text.js";

const PARTS = { case: ".case__body", left: "#pane-left .pane__body", right: "#pane-right .pane__body" };
let places = [];
let at = -1;

function placesIn(part, wanted) {
  const root = find(PARTS[part]);
  if (!root) return [];
  const read = readText(root);
  const pattern = new RegExp(wanted.trim().split(/\s+/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("\\s+"), "giu");
  return [...read.text.matchAll(pattern)].map((match) => ({ part, range: rangeOf(read, match.index, match.index + match[0].length) }));
}

export function search(wanted) {
  places = wanted.trim() ? Object.keys(PARTS).flatMap((part) => placesIn(part, wanted)) : [];
  at = -1;
  paint("found", places.map((place) => place.range));
  paint("found-now", []);
  for (const note of all("[data-found]")) {
    const count = places.filter((place) => place.part === note.dataset.found).length;
    note.textContent = wanted.trim() ? word("found", { count }) : "";
  }
}

function go(step) {
  if (!places.length) return;
  at = (at + step + places.length) % places.length;
  const { part, range } = places[at];
  paint("found-now", [range]);
  reveal(range);
  announce(word("found_at", { number: at + 1, of: places.length, part: word(`part_${part}`) }));
}

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "desk-find") return;
  if (event.key === "Enter") { event.preventDefault(); go(event.shiftKey ? -1 : 1); }
  if (event.key === "Escape") { event.target.value = ""; search(""); find("#desk-question").focus(); }
});

// A source opens where the case holds it; an entry of the outline opens its section.
export function showInCase(wanted) {
  const [place] = placesIn("case", wanted);
  if (!place) return;
  paint("found-now", [place.range]);
  reveal(place.range);
  find(PARTS.case).focus({ preventScroll: true });
}

export function start() {
  places = [];
  if (find("#desk-find")) search(find("#desk-find").value);
}
