// What the views of a slide share: one state, and which of them leads.
//
// The pane the reader touched last leads, and only it moves the others: two that pushed each other
// would cut each other's motion short. OpenSeadragon keeps where each view is: ``seenFrom`` tells it.

import { Comparing } from "./comparing.js";
import { Stage } from "./stage.js";
import { shownIn } from "./swipe.js";

export const stage = new Stage(() => ({
  opacity: 0.4, mode: "both", difference: false, only: "", swipe: null, measuring: false, line: null,
}));
export const compares = () => ["left", "right"].every((side) => stage.view(side));
export const marked = () => [...stage.views].some((view) => view.own ?? view.querySelector("svg.shapes, .image-view__layer"));
export const comparing = new Comparing(stage, () => compares() && marked());
let touched = null;

export function touch(view) {
  touched = view;
}

export const leads = (view) => touched === view;

// The one in the lead; before any was touched, a pane rather than the case, which may be folded.
export function first() {
  const open = [...stage.views].filter((view) => view.image);
  return open.find(leads) ?? open.find((view) => view.dataset.side !== "case") ?? open[0];
}

// The stage with the place of this view in its state: panes and case may differ in size and shape.
export const seenFrom = (view) => ({ state: { ...stage.state, ...view.seen }, change: (part) => stage.change(part) });

export function steer(act) {
  touched = first() ?? null;
  if (touched) act(touched.viewer.viewport, touched);
}

export function leave(view) {
  stage.leave(view);
  if (touched === view) touched = null;
  if (!stage.views.size) comparing.blink.stop();
}

export const shown = (view) => shownIn(view, stage, (other) => other.image);
