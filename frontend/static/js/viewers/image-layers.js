// Masks that came as pictures: what they fill, their rims, and which pixels they set.

import { canvasOf } from "./compare.js";

const DARK = [0, 0, 0, 190]; // beside a contour, so that it stands out from light tissue as well

export function layerOf(image, { width, height }) {
  const fill = Object.assign(document.createElement("canvas"), { width, height });
  const pen = fill.getContext("2d", { willReadFrequently: true });
  pen.imageSmoothingEnabled = false; // coarse weights are shown as coarse as they are
  pen.drawImage(image, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height);
  const set = Uint8Array.from({ length: width * height }, (_, i) => (pixels.data[4 * i + 3] > 127 ? 1 : 0));
  return { fill, ...contourOf(pixels, set, width, height), set };
}

// A light line on the rim of the region, ``contour``, and a dark one around it, ``rim``; wider on large
// images. All rims are drawn before the first line, or that around a label would cover the line of
// another inside it.
function contourOf(pixels, set, width, height) {
  const line = new ImageData(width, height);
  const dark = new ImageData(width, height);
  const reach = Math.max(1, Math.round(Math.max(width, height) / 400));
  const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? set[y * width + x] : 0);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const near = at(x - reach, y) + at(x + reach, y) + at(x, y - reach) + at(x, y + reach);
      if (set[i] && near < 4) line.data.set([...pixels.data.subarray(4 * i, 4 * i + 3), 255], 4 * i);
      if (!set[i] && near > 0) dark.data.set(DARK, 4 * i);
    }
  }
  return { contour: canvasOf(line), rim: canvasOf(dark) };
}

// Which pixels any layer sets; null where there is no layer.
export function unionOf(layers, { width, height }) {
  if (!layers.length) return null;
  const union = new Uint8Array(width * height);
  for (const layer of layers) layer.set.forEach((set, i) => { union[i] |= set; });
  return union;
}

// Brightness and contrast of what is on a canvas: ``low`` and less becomes black, ``high`` and more
// white; with ``low`` above ``high`` it becomes a negative. ``green`` shows that channel alone, in grey.
export function windowed(pen, { low, high }, green = false) {
  if (low === 0 && high === 255 && !green) return;
  const { width, height } = pen.canvas;
  const image = pen.getImageData(0, 0, width, height);
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => (255 * (value - low)) / (high - low || 1));
  for (let i = 0; i < image.data.length; i += 4) {
    if (!image.data[i + 3]) continue;
    if (green) image.data[i] = image.data[i + 2] = image.data[i + 1];
    for (let channel = i; channel < i + 3; channel += 1) image.data[channel] = table[image.data[channel]];
  }
  pen.putImageData(image, 0, 0);
}
