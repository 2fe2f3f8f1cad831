// The ruler: a line between two places of the image, the same in all views. ``where`` tells what the
// line lies on, so that it shows only there; lengths are the view's, in ``view.lengthOf(from, to)``.

import { measure } from "./marks.js";
import { pixelAt, shareAt } from "./stage.js";
import { said } from "./tools.js";

export function setLine(stage, line, where = "") {
  stage.change({ line: { ...line, where } });
}

// By keyboard the line begins in the middle; arrows move its end by a pixel, with Shift by ten.
export function toMeasure(stage, measuring, where = "") {
  stage.change({ measuring, line: null });
  if (measuring) setLine(stage, { from: { x: 0.4, y: 0.5 }, to: { x: 0.6, y: 0.5 } }, where);
}

export function lineBegun(view, stage, event, where = "") {
  if (!stage.state.measuring || event.button !== 0) return false;
  const from = shareAt(view, stage.state, event);
  setLine(stage, { from, to: from }, where);
  return true;
}

export function lineDrawn(view, stage, event) {
  const { line } = stage.state;
  setLine(stage, { ...line, to: shareAt(view, stage.state, event) }, line.where);
}

// True where the key moved the line's end, by so many of ``columns`` and ``rows``.
export function lineMoved(stage, { columns, rows }, event, dx, dy) {
  const { measuring, line } = stage.state;
  if (!measuring || !line) return false;
  const by = event.shiftKey ? 10 : 1;
  setLine(stage, { from: line.from, to: { x: line.to.x + (by * dx) / columns, y: line.to.y + (by * dy) / rows } }, line.where);
  return true;
}

// In words, for those who do not see the line.
export function lineTold(stage, view, where = "") {
  const { measuring, line: held } = stage.state;
  const line = held?.where === where ? held : null;
  const hint = measuring ? said("Draw a line on the image, or move its end with the arrow keys") : "";
  return line ? said("Line: {length}", { length: view.lengthOf(line.from, line.to) }) : hint;
}

export function drawLine(pen, view, stage, where = "") {
  const { line } = stage.state;
  if (!line || line.where !== where) return;
  measure(pen, pixelAt(view, stage.state, line.from), pixelAt(view, stage.state, line.to), view.lengthOf(line.from, line.to));
}
