// The marks of the two sides beside each other: who marked what, and one side's on both panes.

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

// ``left`` and ``right`` number each pixel's label, 0 for none; either may be missing. ``stripe`` is
// the width of a stripe in pixels of the image.
export function differenceOf(left, right, columns, rows, stripe = 1) {
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i += 1) {
    const a = left?.[i] ?? 0;
    const b = right?.[i] ?? 0;
    if (!a && !b) continue;
    const x = Math.floor((i % columns) / stripe);
    const y = Math.floor(i / columns / stripe);
    if (a === b) pixels[i] = COLOURS.both;
    else if (a && b) pixels[i] = (x + y) % 2 ? 0 : COLOURS.other;
    else if (a) pixels[i] = (x + y) % 4 < 3 ? COLOURS.left : 0;
    else pixels[i] = (x - y + rows * 4) % 4 < 3 ? COLOURS.right : 0;
  }
  return canvasOf(image);
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
    this.stage.change({ only: this.stage.state.only === "left" ? "right" : "left", difference: false });
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
