// Choosing words without a mouse: arrows go from word to word, with Shift they widen the choice,
// Enter takes it, Escape leaves. A finger or a mouse may select as everywhere else instead.

import { announce, word } from "./dom.js";
import { paint, rangeOf, readText, reveal } from "./text.js";

let walking = null;

export function walk(body, taken) {
  stop();
  const read = readText(body);
  const words = [...read.text.matchAll(/\S+/g)].map((found) => [found.index, found.index + found[0].length]);
  if (!words.length) return announce(word("mark_nothing"));
  walking = { body, read, words, taken, anchor: 0, at: 0 };
  body.focus({ preventScroll: true });
  body.setAttribute("role", "application");
  document.addEventListener("keydown", onKey, true);
  body.addEventListener("blur", stop);
  announce(word("mark_keys"));
  show();
}

function stop() {
  if (!walking) return;
  const { body } = walking;
  walking = null;
  body.removeEventListener("blur", stop);
  body.setAttribute("role", "region");
  document.removeEventListener("keydown", onKey, true);
  paint("choosing", []);
}

const range = () => {
  const { read, words, anchor, at } = walking;
  return rangeOf(read, words[Math.min(anchor, at)][0], words[Math.max(anchor, at)][1]);
};

function show() {
  paint("choosing", [range()]);
  const { read, words, at } = walking;
  reveal(rangeOf(read, ...words[at]));
}

function move(to, widen) {
  walking.at = Math.max(0, Math.min(walking.words.length - 1, to));
  if (!widen) walking.anchor = walking.at;
  show();
  announce(range().toString());
}

// The word above or below: the nearest one of the next line.
function byLine(step) {
  const { read, words, at } = walking;
  const box = (n) => rangeOf(read, ...words[n]).getBoundingClientRect();
  const here = box(at);
  let line = null;
  let best = at;
  for (let n = at + step; n >= 0 && n < words.length; n += step) {
    const there = box(n);
    if (Math.abs(there.top - here.top) < here.height / 2) continue;
    line ??= there.top;
    if (Math.abs(there.top - line) > here.height / 2) break;
    if (best === at || Math.abs(there.left - here.left) < Math.abs(box(best).left - here.left)) best = n;
  }
  return best;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Shift" || event.key === "Tab") return;
  const { at, words } = walking;
  const to = {
    ArrowRight: () => at + 1, ArrowLeft: () => at - 1, ArrowDown: () => byLine(1), ArrowUp: () => byLine(-1),
    Home: () => 0, End: () => words.length - 1,
  }[event.key];
  event.preventDefault();
  event.stopPropagation();
  if (to) return move(to(), event.shiftKey);
  if (event.key === "Enter") {
    const { taken } = walking;
    const place = range();
    stop();
    return taken(place);
  }
  if (event.key === "Escape") { stop(); announce(word("mark_left")); }
  return undefined;
}
