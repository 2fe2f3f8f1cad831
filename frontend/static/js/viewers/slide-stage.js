// What the views of a slide share: one state, and which of them leads.
//
// The pane the reader touched last leads, and only it moves the others: two that pushed each other
// would cut each other's motion short. OpenSeadragon keeps where each view is: ``seenFrom`` tells it.
// Where the one in the lead goes is ``place``, so that a view of another size, or one that opens late,
// shows the same: OpenSeadragon measures anew by itself, in each view at a frame of its own.

import { Comparing } from "./comparing.js";
import { Stage, onOtherScreen } from "./stage.js";
import { shownIn } from "./swipe.js";

export const stage = new Stage(() => ({
  opacity: 0.4, mode: "both", difference: false, only: "", swipe: null, measuring: false, line: null, place: null,
}));
export const compares = () => ["left", "right"].every((side) => stage.view(side));
export const marked = () => [...stage.views].some((view) => view.own ?? view.querySelector("svg.shapes, .image-view__layer"));
export const comparing = new Comparing(stage, () => compares() && marked());
let touched = null;

export function touch(view) {
  touched = view;
}

// Of the view in the lead: where its motion ends, as times the whole slide and as the middle.
export function keep({ viewer: { viewport } }) {
  stage.state.place = { times: viewport.getZoom() / viewport.getHomeZoom(), middle: viewport.getCenter() };
}

// A view whose size changed, or that has just opened, to where they all are.
export function bring({ viewer: { viewport } }) {
  const { place } = stage.state;
  if (!place) { viewport.goHome(true); return; }
  viewport.zoomTo(place.times * viewport.getHomeZoom(), null, true);
  viewport.panTo(place.middle, true);
}

// The library tells one of its viewers alone that the screen has other pixels.
onOtherScreen(() => { for (const { viewer } of stage.views) viewer?.forceResize(); });

// A view of the ballot before may still be on its way when the next ballot has come.
export const leads = (view) => touched === view && view.closest("#desk") === stage.desk;

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
