// What viewers write over an image: letters, a scale, a measured line. White with a dark rim, so that
// it stands out from light and dark tissue; sizes are those of the screen, whatever the zoom.

import { figure } from "./tools.js";

const unit = () => devicePixelRatio;

export function words(pen, text, x, y, { align = "left", size = 13 } = {}) {
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.font = `600 ${size * unit()}px system-ui, sans-serif`;
  pen.textAlign = align;
  pen.lineJoin = "round";
  pen.lineWidth = 3.5 * unit();
  pen.strokeStyle = "rgb(0 0 0 / 80%)";
  pen.fillStyle = "#fff";
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}

// A bar of a round length in millimetres; ``perMm`` is in pixels of the canvas.
export function scaleBar(pen, perMm) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200];
  const length = steps.filter((step) => step * perMm <= 120 * unit()).pop();
  if (!length) return;
  const { height } = pen.canvas;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.fillStyle = "#fff";
  pen.strokeStyle = "#000";
  pen.lineWidth = unit();
  pen.fillRect(12 * unit(), height - 16 * unit(), length * perMm, 4 * unit());
  pen.strokeRect(12 * unit(), height - 16 * unit(), length * perMm, 4 * unit());
  words(pen, `${figure(length)} mm`, 12 * unit(), height - 22 * unit());
}

// Letters of the body's sides: left, right, top, bottom.
export function sides(pen, [left, right, top, bottom]) {
  const { width, height } = pen.canvas;
  const edge = 8 * unit();
  words(pen, left, edge, height / 2, { size: 15 });
  words(pen, right, width - edge, height / 2, { size: 15, align: "right" });
  words(pen, top, width / 2, 18 * unit(), { size: 15, align: "center" });
  words(pen, bottom, width / 2, height - edge, { size: 15, align: "center" });
}

// A line between two places in pixels of the canvas, with its length beside the end.
export function measure(pen, from, to, text) {
  pen.setTransform(1, 0, 0, 1, 0, 0);
  for (const [colour, width] of [["rgb(0 0 0 / 80%)", 4], ["#ffe600", 2]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width * unit();
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x, to.y);
    for (const { x, y } of [from, to]) {
      pen.moveTo(x + 4 * unit(), y);
      pen.arc(x, y, 4 * unit(), 0, 2 * Math.PI);
    }
    pen.stroke();
  }
  const after = to.x < pen.canvas.width / 2;
  words(pen, text, to.x + (after ? 10 : -10) * unit(), to.y - 8 * unit(), { align: after ? "left" : "right" });
}

// The same place in both panes.
export function cross(pen, { x, y }) {
  pen.setTransform(1, 0, 0, 1, 0, 0);
  for (const [colour, width] of [["rgb(0 0 0 / 60%)", 3], ["#fff", 1]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width * unit();
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + 4 * dx * unit(), y + 4 * dy * unit());
      pen.lineTo(x + 10 * dx * unit(), y + 10 * dy * unit());
    }
    pen.stroke();
  }
}

// A crosshair over the whole canvas, open in the middle so that what it points at is seen; on whole
// pixels, so that its lines are thin.
export function hairs(pen, place) {
  const { width, height } = pen.canvas;
  const [x, y] = [place.x, place.y].map((at) => Math.floor(at) + 0.5);
  const gap = 8 * unit();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  for (const [colour, thick] of [["rgb(0 0 0 / 60%)", 3], ["#ffe600", 1]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = thick * unit();
    pen.beginPath();
    for (const [x1, y1, x2, y2] of [[0, y, x - gap, y], [x + gap, y, width, y], [x, 0, x, y - gap], [x, y + gap, x, height]]) {
      pen.moveTo(x1, y1);
      pen.lineTo(x2, y2);
    }
    pen.stroke();
  }
}
