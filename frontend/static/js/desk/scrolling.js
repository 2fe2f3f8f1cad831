// Linked scrolling, by share of the way, since the two outputs differ in length. Only the pane the
// reader moves leads.

import { all, find } from "./dom.js";

let leader = null;

// Both were put where they belong: neither follows until one is moved by hand.
export function rest() {
  leader = null;
}

for (const type of ["pointerdown", "wheel", "keydown", "focusin"]) {
  document.addEventListener(type, (event) => { leader = event.target.closest?.(".pane__body") ?? leader; }, { passive: true, capture: true });
}

document.addEventListener("scroll", (event) => {
  if (event.target !== leader || !find("#link-scroll")?.checked) return;
  const way = leader.scrollHeight - leader.clientHeight;
  for (const pane of all(".pane__body")) {
    if (pane !== leader && way > 0) pane.scrollTop = (leader.scrollTop / way) * (pane.scrollHeight - pane.clientHeight);
  }
}, true);

export function start() {
  for (const label of all(".desk__link")) label.hidden = false;
}
