// The marks of the two sides beside each other: who marked what, and one side's on both panes.

import { Raster } from "./raster.js";

export const SIDES = { left: "Left", right: "Right" };
const BLINK_MS = 800; // far below three flashes a second

// Told apart by pattern as well as by colour.
export const MEETINGS = {
  left: { name: "only left: stripes rising", colour: [0, 229, 255] },
  right: { name: "only right: stripes falling", colour: [255, 150, 0] },
  both: { name: "both: solid", colour: [255, 255, 255] },
  other: { name: "both, but labelled otherwise: dots", colour: [255, 64, 255] },
};

export const packed = ([red, green, blue], alpha = 255) => ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
const COLOURS = Object.fromEntries(Object.entries(MEETINGS).map(([key, { colour }]) => [key, packed(colour)]));

// ``left`` and ``right`` number each pixel's label, 0 for none; either may be missing. Their first pixel
// is at ``start`` and their rows are ``stride`` apart; ``stripe`` is the width of a stripe in pixels.
export function differenceOf(left, right, columns, rows, { stripe = 1, start = 0, stride = columns, raster = new Raster() } = {}) {
  const pixels = raster.sized(columns, rows);
  for (let y = 0, pixel = 0; y < rows; y += 1) {
    const row = Math.floor(y / stripe);
    let place = start + y * stride;
    for (let x = 0; x < columns; x += 1, pixel += 1, place += 1) {
      const a = left ? left[place] : 0;
      const b = right ? right[place] : 0;
      pixels[pixel] = a || b ? met(a, b, Math.floor(x / stripe), row) : 0;
    }
  }
  return raster.put();
}

function met(a, b, x, y) {
  if (a === b) return COLOURS.both;
  if (a && b) return (x + y) & 1 ? 0 : COLOURS.other;
  if (a) return ((x + y) & 3) < 3 ? COLOURS.left : 0;
  return ((x - y) & 3) < 3 ? COLOURS.right : 0;
}

export function canvasOf(image) {
  const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Shows one side's marks in both panes, then the other's (``state.only``): by itself where motion is
// welcome, press by press where it is not.
export class Blink {
  constructor(stage) {
    this.stage = stage;
    this.timer = 0;
  }

  flip() {
    this.stage.change({ only: this.stage.state.only === "left" ? "right" : "left", difference: false, swipe: null });
  }

  press() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (this.timer || (still && this.stage.state.only === "right")) return this.stop();
    this.flip();
    if (!still) this.timer = setInterval(() => this.flip(), BLINK_MS);
    return undefined;
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.stage.state.only) this.stage.change({ only: "" });
  }
}
