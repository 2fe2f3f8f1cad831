// On a phone the answer is a sheet at the lower edge: folded it holds the verdicts and the button,
// unfolded all the rest. Wider windows always show all of it.

import { all, find, form } from "./dom.js";

function fold(folded) {
  form().toggleAttribute("data-folded", folded);
  find("#answer-toggle").setAttribute("aria-expanded", String(!folded));
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#answer-toggle")) fold(!form().hasAttribute("data-folded"));
});

// Whoever has answered the first of several questions wants the next one.
document.addEventListener("change", (event) => {
  const rows = all(".steps-row");
  if (event.target.closest?.(".steps-row") === rows[0] && rows.length > 1) fold(false);
});

export function start() {
  if (!form()) return;
  find("#answer-toggle").hidden = false;
  form().toggleAttribute("data-sheet", true);
  fold(!find("#answer-problem:not([hidden])"));
}
