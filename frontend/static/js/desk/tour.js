// The four first steps, shown on the page itself: at once to a rater who has not seen them, and again
// from the help. The words are those of the help, so that they are there without this file too.

import { all, find, form, settings, word } from "./dom.js";

let at = 0;

const steps = () => all("#tour-steps > li");

function show(number) {
  at = number;
  const step = steps()[at];
  const last = at === steps().length - 1;
  find("[data-tour-at]").textContent = word("tour_step", { number: at + 1, of: steps().length });
  find("[data-tour-text]").replaceChildren(...step.cloneNode(true).childNodes);
  find("[data-tour=back]").disabled = at === 0;
  find("[data-tour=on]").textContent = word(last ? "tour_end" : "tour_next");
  for (const place of all(".tour-here")) place.classList.remove("tour-here");
  const places = all(step.dataset.at);
  for (const place of places) place.classList.add("tour-here");
  find("[data-tour-text]").focus({ preventScroll: true });
  beside(places[0]);
}

const GAP = 12;

// Above the verdicts, or at the upper edge where that hides less of what it speaks of, which is
// scrolled into view first.
function beside(place) {
  if (!place) return;
  const tour = find("#tour");
  const start = place.getBoundingClientRect().top;
  if (start < 0 || start > innerHeight / 2) place.scrollIntoView({ block: "nearest" });
  const verdicts = form()?.getBoundingClientRect().top ?? innerHeight;
  const floor = verdicts > innerHeight / 2 ? Math.min(verdicts, innerHeight) : innerHeight;
  // On the root: htmx would write a style of its own into the next ballot's, which the site forbids.
  document.documentElement.style.setProperty("--tour-floor", `${innerHeight - floor}px`);
  const { top, bottom } = place.getBoundingClientRect();
  const up = top > floor - bottom;
  tour.classList.toggle("tour--up", up);
  const hidden = bottom + GAP - tour.getBoundingClientRect().top;
  if (!up && hidden > 0 && hidden < top) scrollBy({ top: hidden, behavior: "instant" });
}

export function open() {
  find("#page-help").hidePopover();
  find("#tour").showPopover();
  show(0);
}

function leave() {
  find("#tour").hidePopover();
  for (const place of all(".tour-here")) place.classList.remove("tour-here");
  window.htmx?.ajax("POST", settings().tour.url, { swap: "none", source: "#tour" });
  find("#desk-question").focus({ preventScroll: true });
}

const acts = {
  back: () => show(at - 1),
  on: () => (at === steps().length - 1 ? leave() : show(at + 1)),
  leave,
};

document.addEventListener("click", (event) => {
  acts[event.target.closest?.("[data-tour]")?.dataset.tour]?.();
});
document.addEventListener("keydown", (event) => {
  if (!find("#tour:popover-open")) return;
  const onText = event.target.matches?.("[data-tour-text]");
  const act = { Escape: "leave", ArrowRight: "on", ArrowLeft: at > 0 && "back", Enter: onText && "on" }[event.key];
  if (!act) return;
  event.preventDefault();
  acts[act]();
});
