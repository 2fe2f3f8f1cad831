// What lies over the tissue of a slide: layers and shapes of the sides, where they meet, the ruler.

import { rims } from "./areas.js";
import { SIDES, differenceOf } from "./compare.js";
import { words } from "./marks.js";
import { drawLine } from "./measuring.js";
import { Raster } from "./raster.js";
import { placeShapes, takeShapes } from "./shapes.js";
import { compares, seenFrom, shown, stage } from "./slide-stage.js";
import { clipped } from "./swipe.js";
import { said } from "./tools.js";

const TEXT = 13; // pixels on the screen, of what is written beside shapes
const STRIPE = 2.5; // pixels on the screen
const met = { raster: new Raster(), key: "", left: null, right: null }; // both panes show the same
const rim = new Raster();

// ``state``: as seen from this view.
export function drawMarks(view, pen, state, scale) {
  const parts = shown(view);
  const frame = frameOf(view, state, scale);
  if (state.difference) drawDifference(pen, frame);
  else for (const part of parts) clipped(pen, part, (cut) => drawLayers(cut, part.view, frame));
  if (state.only && compares()) words(pen, said("Shown: {pane}").replace("{pane}", said(SIDES[state.only].toLowerCase())), 8 * devicePixelRatio, 18 * devicePixelRatio);
  drawLine(pen, view, seenFrom(view));
  showShapes(view, state, parts, scale);
  view.divider.show(parts.length === 2);
}

// The screen's pixels on the slide, for Areas.
function frameOf({ canvas, extent }, { x, y }, scale) {
  return {
    columns: canvas.width, rows: canvas.height, step: 1 / scale, ...extent,
    left: x * extent.width - canvas.width / scale / 2, top: y * extent.height - canvas.height / scale / 2,
  };
}

function drawLayers(pen, { layers, areas }, frame) {
  const { mode, opacity } = stage.state;
  if (mode === "none" || !areas.grid) return;
  pen.imageSmoothingEnabled = false; // coarse weights are shown as coarse as they are
  pen.globalAlpha = opacity;
  if (mode !== "contour") for (const layer of layers) pen.drawImage(layer, 0, 0, frame.width, frame.height);
  pen.globalAlpha = 1;
  if (mode !== "fill") onScreen(pen, rims(areas.at(frame), frame, areas.grid.colours, rim), 1);
}

function onScreen(pen, picture, opacity) {
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.globalAlpha = opacity;
  pen.drawImage(picture, 0, 0);
  pen.restore();
}

const areasOf = (side) => {
  const areas = stage.view(side)?.areas;
  return areas?.any ? areas : null;
};

export const haveAreas = () => Boolean(areasOf("left") || areasOf("right"));

function drawDifference(pen, frame) {
  if (!haveAreas()) return;
  const [left, right] = [areasOf("left"), areasOf("right")];
  const key = JSON.stringify(frame);
  if (met.key !== key || met.left !== left || met.right !== right) {
    const stripe = Math.max(1, Math.round(STRIPE * devicePixelRatio));
    differenceOf(left?.at(frame), right?.at(frame), frame.columns, frame.rows, { stripe, raster: met.raster });
    Object.assign(met, { key, left, right });
  }
  onScreen(pen, met.raster.canvas, Math.max(0.6, stage.state.opacity));
}

function showShapes(view, state, parts, scale) {
  view.dataset.mode = state.difference ? "both" : state.mode;
  view.toggleAttribute("data-difference", state.difference);
  view.toggleAttribute("data-areas", state.difference && haveAreas());
  for (const shapes of takeShapes(view, parts)) {
    placeShapes(shapes, view, state, scale, TEXT);
    shapes.setAttribute("fill-opacity", state.opacity / 2);
  }
}

// Nothing of a slide that is gone is kept.
export function forgetDifference() {
  Object.assign(met, { key: "", left: null, right: null });
}
