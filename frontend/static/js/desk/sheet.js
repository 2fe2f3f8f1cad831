// On a phone two things are sheets at the lower edge: the answer, folded to the verdicts and the button
// or unfolded to all the rest, and what is to be said of a flag. Wider windows always show all of it.

import { all, find, form } from "./dom.js";

const SMALL = matchMedia("(max-width: 48rem), (max-height: 30rem)"); // as small.css

function fold(folded) {
  form().toggleAttribute("data-folded", folded);
  find("#answer-toggle").setAttribute("aria-expanded", String(!folded));
}

const boxOf = (flag) => find("[data-flag]", flag.closest(".pane"));
const flagOf = (box) => find(".flag", box.closest(".pane"));
const openFlag = () => find(".flag[data-open]");

function open(flag, problem = "") {
  find("#tour:popover-open")?.hidePopover(); // it would lie over the fields
  flag.toggleAttribute("data-open", true);
  const told = find(".flag__problem", flag);
  told.hidden = !problem;
  told.textContent = problem;
  (all("select", flag).find((select) => !select.value) ?? find("select", flag)).focus({ preventScroll: true });
}

function close(flag, back = true) {
  flag?.removeAttribute("data-open");
  if (flag && back) boxOf(flag).focus({ preventScroll: true });
}

function takeBack(flag) {
  boxOf(flag).checked = false;
  boxOf(flag).dispatchEvent(new Event("change", { bubbles: true }));
}

// A flag that stands shows its sheet again; it is taken back there, never by a slip.
function onFlag(event) {
  if (!SMALL.matches || event.target.checked) return;
  event.preventDefault();
  open(flagOf(event.target));
}

const CLICKS = {
  "#answer-toggle": () => fold(!form().hasAttribute("data-folded")),
  "[data-flag-done]": () => close(openFlag()),
  "[data-flag-back]": () => takeBack(openFlag()),
  "[data-flag]": (event) => onFlag(event),
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(CLICKS)) if (event.target.closest?.(selector)) act(event);
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-flag]")) {
    if (!event.target.checked) close(openFlag());
    else if (SMALL.matches) open(flagOf(event.target));
  }
  // Whoever has answered the first of several questions wants the next one.
  const rows = all(".steps-row");
  if (event.target.closest?.(".steps-row") === rows[0] && rows.length > 1) fold(false);
});

// Before the desk's own keys, which leave a flag in another way where it is no sheet.
document.addEventListener("keydown", (event) => {
  const flag = openFlag();
  if (event.key !== "Escape" || !flag) return;
  event.preventDefault();
  close(flag);
}, true);
// Tabbed or tapped away: nothing that has the focus may lie below the sheet.
document.addEventListener("focusin", (event) => {
  const flag = openFlag();
  if (flag && !flag.contains(event.target)) close(flag, false);
});

// How much of the window's lower edge it covers, for small.css and for what is scrolled into view.
const watcher = new ResizeObserver(measure);

function measure() {
  const covers = form() && getComputedStyle(form()).position === "sticky";
  document.documentElement.style.setProperty("--answer-high", `${covers ? form().offsetHeight : 0}px`);
}

function unfinished() {
  const asked = all(".flag select").find((select) => boxOf(select).checked && !select.value);
  return asked?.closest(".flag");
}

export function start() {
  watcher.disconnect();
  if (!form()) return measure();
  const problem = find("#answer-problem:not([hidden])");
  find("#answer-toggle").hidden = false;
  form().toggleAttribute("data-sheet", true);
  // The first question is in view as it is: what else is missing must be unfolded.
  fold(!problem || !find(".steps-row :checked"));
  if (problem && SMALL.matches && unfinished()) open(unfinished(), find("#answer-problem-text").textContent);
  watcher.observe(form());
  return measure();
}
