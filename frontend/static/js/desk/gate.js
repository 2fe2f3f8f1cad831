// How long each output was in view, and the gate: where a study asks for it, no verdict before both
// were in view long enough and an image was enlarged or moved once. Without this file there is no
// gate, and the times go to the server empty, which means unknown.

import { all, announce, find, form, settings, word } from "./dom.js";

const TICK = 250;
const IDLE = 60_000; // without a sign of life for so long, nobody is reading
const SIDES = ["left", "right"];
const visible = new Map();
let lastSign = performance.now();
let watcher = null;
let open = true;

for (const type of ["pointermove", "pointerdown", "keydown", "wheel", "touchmove", "scroll"]) {
  document.addEventListener(type, () => { lastSign = performance.now(); }, { passive: true, capture: true });
}

const field = (name) => form()?.elements.namedItem(name);
const seen = (side) => Number(field(`seen_${side}`)?.value || 0);
const viewers = () => all(".pane [data-looks]");
const looked = () => !viewers().length || field("looked")?.value === "1";

// A viewer tells that its image was enlarged, moved, scrolled through or windowed, its clip played.
document.addEventListener("consilium:looked", () => { if (field("looked")) field("looked").value = "1"; });

// In view: half of its width, and half of its height or a good part of the window's.
function watch(entries) {
  for (const { target, intersectionRect: shown, boundingClientRect: pane } of entries) {
    const high = shown.height >= Math.min(0.5 * pane.height, 0.3 * innerHeight);
    visible.set(target.dataset.side, shown.width >= 0.5 * pane.width && shown.height > 0 && high);
  }
}

function tick() {
  if (!form() || document.hidden || performance.now() - lastSign > IDLE) return;
  for (const side of SIDES) {
    if (visible.get(side)) field(`seen_${side}`).value = (seen(side) + TICK / 1000).toFixed(2);
  }
  if (viewers().length && !field("looked").value) field("looked").value = "0";
  show();
}

function missing() {
  const least = settings().leastViewSeconds ?? 0;
  const left = SIDES.map((side) => [side, Math.ceil(least - seen(side))]).filter(([, seconds]) => seconds > 0);
  const parts = left.map(([side, seconds]) => word(`gate_${side}`, { seconds }));
  if (least && !looked()) parts.push(word(viewers()[0].dataset.looks === "play" ? "gate_play" : "gate_look"));
  return parts;
}

export function show() {
  const parts = missing();
  const note = find("#answer-gate");
  note.hidden = !parts.length;
  if (parts.length) note.textContent = word("gate", { parts: parts.join(" · ") });
  if (open === !parts.length) return;
  open = !parts.length;
  for (const part of all(".steps-row, #submit-vote, #submit-same")) part.disabled = !open;
  if (open) announce(word("gate_open"));
}

export const isOpen = () => open;

export function start() {
  watcher?.disconnect();
  visible.clear();
  if (!form()) return;
  open = true;
  const covered = getComputedStyle(form()).position === "sticky" ? form().offsetHeight : 0;
  const threshold = Array.from({ length: 21 }, (_, n) => n / 20);
  watcher = new IntersectionObserver(watch, { threshold, rootMargin: `0px 0px -${covered}px 0px` });
  for (const pane of all(".pane")) watcher.observe(pane);
  show();
}

setInterval(tick, TICK);
