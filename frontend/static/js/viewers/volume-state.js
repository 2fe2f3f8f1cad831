// What all views of a volume share, and the ways to change it: slice, plane, window, crosshair, cine.

import { Cine, usualSpeed } from "./cine.js";
import { Comparing, after } from "./comparing.js";
import { Stage, shareAt, within } from "./stage.js";
import { toMeasure } from "./measuring.js";
import { PLANES, planeSize, presets, surveyOf } from "./volume-data.js";

export const stage = new Stage(() => ({
  zoom: 1, x: 0.5, y: 0.5, plane: "axial", slices: null, low: 0, high: 1, negative: false, preset: "As imported",
  opacity: 0.3, mode: "both", difference: false, only: "", swipe: null, measuring: false, line: null, cursor: null,
  crossed: false, playing: false, speed: usualSpeed(),
  seen: false, // whether the reader has moved through the volume
}));
export const comparable = () => ["left", "right"].every((side) => stage.view(side)?.cut);
export const comparing = new Comparing(stage, comparable);

export const sliceOf = (state) => state.slices[state.plane];
export const here = () => `${stage.state.plane} ${sliceOf(stage.state)}`; // what a measured line lies on
export const first = () => [...stage.views][0];
const extent = () => planeSize(stage.state.plane, first().facts);

// In the middle of what both sides marked together, or of the volume.
export function start({ shape, window: [low, high], negative }) {
  const marked = [...stage.views].map((view) => view.marks && surveyOf(view.marks, shape).middle).filter(Boolean);
  const places = marked.length ? marked : [shape.map((side) => (side - 1) / 2)];
  const middle = (axis) => Math.round(places.reduce((sum, place) => sum + place[axis], 0) / places.length);
  const slices = Object.fromEntries(Object.entries(PLANES).map(([plane, { through }]) => [plane, middle(through)]));
  stage.change({ slices, low, high, negative });
}

// As it was opened: slice, plane, window, place, size, opacity, and whatever was compared or measured.
export function reset() {
  comparing.blink.stop();
  cine.stop();
  stage.change({ ...stage.initial(), speed: stage.state.speed, seen: stage.state.seen });
  start(first().facts);
}

function toSlices(slices) {
  cine.stop();
  stage.look({ seen: true, slices: { ...stage.state.slices, ...slices } });
}

export function toSlice(slice) {
  toSlices({ [stage.state.plane]: within(slice, 0, extent().slices - 1) });
}

export const turn = (by) => toSlice(sliceOf(stage.state) + by);

// From the last slice it goes on with the first.
export const cine = new Cine(stage, () => {
  const { plane, slices } = stage.state;
  stage.change({ seen: true, slices: { ...slices, [plane]: (slices[plane] + 1) % extent().slices } });
});

export function toPlane(plane) {
  cine.stop();
  stage.look({ seen: true, plane, zoom: 1, x: 0.5, y: 0.5, cursor: null });
}

export function toPreset(preset) {
  const { facts } = first();
  const [low, high] = presets(facts)[preset] ?? facts.window;
  stage.look({ seen: true, low, high, preset });
}

export function toWindow(centre, width) {
  const half = Math.max(width, 1e-6) / 2;
  stage.look({ low: centre - half, high: centre + half, seen: true, preset: "" });
}

export const toNegative = () => stage.look({ seen: true, negative: !stage.state.negative });

// The crosshair is where the slices of the three planes meet: to point at a place is to choose the
// slices of the other two, and to turn the slices takes it along.
export function toCross() {
  stage.look({ crossed: !stage.state.crossed, measuring: false, line: null });
}

const planeAlong = (axis) => Object.keys(PLANES).find((plane) => PLANES[plane].through === axis);

// By pixels of the slice that is shown, from its upper left corner.
export function crossTo(column, row) {
  const { across, down } = PLANES[stage.state.plane];
  const { columns, rows } = extent();
  const place = (from, of) => of - 1 - within(Math.floor(from), 0, of - 1);
  toSlices({ [planeAlong(across)]: place(column, columns), [planeAlong(down)]: place(row, rows) });
}

export function crossHere(view, event) {
  const { columns, rows } = extent();
  const { x, y } = shareAt(view, stage.state, event);
  crossTo(x * columns, y * rows);
}

// The pixel of the slice where the crosshair is.
export function crossed() {
  const { slices, plane } = stage.state;
  const { across, down } = PLANES[plane];
  const { columns, rows } = extent();
  return { column: columns - 1 - slices[planeAlong(across)], row: rows - 1 - slices[planeAlong(down)] };
}

// True where the key moved the crosshair; with Shift by ten pixels.
export function crossMoved(event, dx, dy) {
  if (!stage.state.crossed) return false;
  const by = event.shiftKey ? 10 : 1;
  const { column, row } = crossed();
  crossTo(column + by * dx, row + by * dy);
  return true;
}

// One meaning for each, whatever is in focus (arena/accounts/keys.py).
export const LETTERS = {
  h: () => { toCross(); stage.focus(); },
  i: toNegative,
  k: () => cine.press(),
  l: () => { toMeasure(stage, !stage.state.measuring, here()); stage.focus(); },
  p: () => toPlane(after(Object.keys(PLANES), stage.state.plane)),
  r: reset,
  t: () => toPreset(after(Object.keys(presets(first().facts)), stage.state.preset)),
};
