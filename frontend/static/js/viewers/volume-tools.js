// The tools of a volume, in their bar, and what is told beside them.

import { SPEEDS } from "./cine.js";
import { MEETINGS } from "./compare.js";
import { lineTold, toMeasure } from "./measuring.js";
import { told as swipeTold } from "./swipe.js";
import { button, choice, figure, fill, legend, makeBar, number, said, slider } from "./tools.js";
import { PLANES, presets } from "./volume-data.js";
import { cine, comparing, first, here, reset, sliceOf, stage, toCross, toNegative, toPlane, toPreset, toSlice, toWindow } from "./volume-state.js";

export function makeTools(view) {
  const bar = makeBar(view, "Tools of the volume");
  if (!bar) return;
  const compares = view.closest(".panes") && stage.view("left")?.dataset.labelsUrl && stage.view("right")?.dataset.labelsUrl;
  const marked = compares || view.dataset.labelsUrl;
  stage.tools = fill(bar, [
    ...Object.entries(PLANES).map(([plane, { name }]) => button(name, () => toPlane(plane), { pressed: (state) => state.plane === plane })),
    slider("Slice", { min: () => 1, max: () => view.extent.slices }, (slice) => toSlice(slice - 1), (state) => sliceOf(state) + 1, (state) => said("{number} of {of}", { number: sliceOf(state) + 1, of: view.extent.slices })),
    button("Play", () => cine.press(), { pressed: (state) => state.playing, name: "play", title: "Play through the slices" }),
    choice("Window", [...Object.keys(presets(view.facts)).map((name) => [name, name]), ["", "own"]], toPreset, (state) => state.preset),
    ...(compares ? [comparing.difference(), ...comparing.exchanges()] : []),
    legend(told),
  ], [
    choice("Speed", SPEEDS.map((speed) => [speed, `${speed}/s`]), (speed) => cine.toSpeed(Number(speed)), (state) => state.speed),
    number("Centre", (centre) => toWindow(centre, stage.state.high - stage.state.low), (state) => tidy((state.low + state.high) / 2)),
    number("Width", (width) => toWindow((stage.state.low + stage.state.high) / 2, width), (state) => tidy(state.high - state.low)),
    button("Negative", toNegative, { pressed: (state) => state.negative }),
    button("−", () => stage.zoomBy(0.8), { title: "Zoom out" }), button("+", () => stage.zoomBy(1.25), { title: "Zoom in" }),
    button("Show all", () => stage.showAll()),
    button("Crosshair", toCross, { pressed: (state) => state.crossed, name: "cross", title: "Crosshair: point at a place, and the other planes show it as well" }),
    button("Measure", () => toMeasure(stage, !stage.state.measuring, here()), { pressed: (state) => state.measuring }),
    ...(marked ? [comparing.opacity(), comparing.modes()] : []),
    button("Reset", reset, { name: "reset", title: "Reset: show everything as it was at first" }),
  ]);
  stage.tools.show(stage.state);
}

const tidy = (value) => (Math.abs(value) < 100 ? Number(value.toPrecision(3)) : Math.round(value));

// In words, for those who do not see the crosshair; nothing while slices run by.
function crossTold({ crossed, playing, slices }) {
  if (!crossed || playing) return "";
  const places = { axial: slices.axial + 1, coronal: slices.coronal + 1, sagittal: slices.sagittal + 1, value: first().valueHere };
  return said("Crosshair: axial {axial}, coronal {coronal}, sagittal {sagittal}, value {value}", places);
}

function told(state) {
  const zoom = state.zoom > 1 ? `${figure(state.zoom, 1)}×` : "";
  const meetings = state.difference ? Object.values(MEETINGS).map(({ name }) => said(name)).join("; ") : "";
  const swipe = state.swipe === null ? "" : swipeTold(state);
  return [swipe, zoom, crossTold(state), lineTold(stage, first(), here()), meetings].filter(Boolean).join(" · ");
}
