// The four first steps, shown on the page itself: at once to a rater who has not seen them, and again
// from the help. The words are those of the help, so that they are there without this file too.

import { all, find, settings, word } from "./dom.js";

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
  find("#tour").classList.toggle("tour--up", places[0]?.getBoundingClientRect().top > innerHeight / 2);
  find("[data-tour-text]").focus({ preventScroll: true });
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
