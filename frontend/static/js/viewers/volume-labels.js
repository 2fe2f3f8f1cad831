// Labels of a volume over one of its slices, filled or outlined.

import { canvasOf, packed } from "./compare.js";
import { eachPixel, planeSize } from "./volume-data.js";

// As voting.css and the server's palette have them; the table below the image names each.
const COLOURS = [[0, 229, 255], [198, 255, 0], [255, 64, 255], [255, 234, 0], [64, 128, 255], [0, 255, 144], [255, 255, 255]];

export const colourOf = (number) => COLOURS[(number - 1) % COLOURS.length];
export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

// The numbers of one slice, from the top left.
export function labelSlice(data, plane, slice, shape) {
  const { columns, rows } = planeSize(plane, { shape, spacing: [1, 1, 1] });
  const found = new Uint8Array(columns * rows);
  eachPixel(plane, slice, shape, (pixel, voxel) => { found[pixel] = data[voxel]; });
  return found;
}

export function fillOf(numbers, columns, rows) {
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = Uint32Array.from({ length: 256 }, (_, number) => (number ? packed(colourOf(number)) : 0));
  for (let i = 0; i < numbers.length; i += 1) pixels[i] = colours[numbers[i]];
  return canvasOf(image);
}

// The borders between numbers, as one path for each number, in pixels of the slice.
export function outlinesOf(numbers, columns, rows) {
  const paths = new Map();
  borders(numbers, rows, columns, columns, 1, (number, y, from, to) => {
    const path = pathOf(paths, number);
    path.moveTo(from, y);
    path.lineTo(to, y);
  });
  borders(numbers, columns, rows, 1, columns, (number, x, from, to) => {
    const path = pathOf(paths, number);
    path.moveTo(x, from);
    path.lineTo(x, to);
  });
  return paths;
}

// Between each line of pixels and the one before it: every stretch where the two differ.
function borders(numbers, lines, steps, perLine, perStep, draw) {
  for (let line = 0; line <= lines; line += 1) {
    const own = line < lines ? line * perLine : -1;
    const before = line > 0 ? (line - 1) * perLine : -1;
    let start = 0;
    let a = before < 0 ? 0 : numbers[before];
    let b = own < 0 ? 0 : numbers[own];
    for (let step = 1; step <= steps; step += 1) {
      const nextA = step === steps ? -1 : before < 0 ? 0 : numbers[before + step * perStep];
      const nextB = step === steps ? -1 : own < 0 ? 0 : numbers[own + step * perStep];
      if (nextA === a && nextB === b) continue;
      if (a !== b) {
        if (a) draw(a, line, start, step);
        if (b) draw(b, line, start, step);
      }
      start = step;
      a = nextA;
      b = nextB;
    }
  }
}

function pathOf(paths, number) {
  if (!paths.has(number)) paths.set(number, new Path2D());
  return paths.get(number);
}

export function strokeOutlines(pen, paths, pixel) {
  for (const [number, path] of paths) {
    for (const [colour, width] of [["rgb(0 0 0 / 75%)", 4], [css(colourOf(number)), 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width * pixel;
      pen.stroke(path);
    }
  }
}
