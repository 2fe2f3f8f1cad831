// Which label lies at each pixel of the screen, whatever it was marked on: mask layers of any grid, and
// outlines. A slide has more pixels than a page can hold; the screen has few, and is exact at every zoom.

import { packed } from "./compare.js";

const DARK = packed([0, 0, 0], 190);
const WHITE = packed([255, 255, 255]);
const ROWS = 256; // of a layer read at once: a large one fills the memory four times over

// ``frame``: columns and rows of the screen; the place of their upper left corner on the image
// (``left``, ``top``), how many pixels of it one of the screen is (``step``), and its size.
export class Areas {
  constructor(layers, shapes) {
    this.grid = gridOf(layers);
    this.outlines = shapes?.classList.contains("shapes--areas") ? outlinesOf(shapes) : [];
    this.key = "";
  }

  get any() {
    return Boolean(this.grid || this.outlines.length);
  }

  // The label's number at each pixel, 0 for none; the same array until the frame changes.
  at(frame) {
    const key = JSON.stringify(frame);
    if (key === this.key) return this.numbers;
    const size = frame.columns * frame.rows;
    if (this.numbers?.length === size) this.numbers.fill(0);
    else this.numbers = new Uint8Array(size);
    if (this.grid) sample(this.grid, frame, this.numbers);
    for (const { rings, number, box } of this.outlines) if (meets(box, frame)) fillRings(rings, number, frame, this.numbers);
    this.key = key;
    return this.numbers;
  }
}

// A layer without a number of its own is no label but weights: white is their contour.
export function gridOf(layers) {
  if (!layers.length) return null;
  const { naturalWidth: width, naturalHeight: height } = layers[0];
  const grid = { width, height, numbers: new Uint8Array(width * height), colours: {} };
  for (const layer of layers) stamp(layer, grid);
  return grid;
}

function stamp(layer, { width, height, numbers, colours }) {
  const number = Number(layer.dataset.number) || 1;
  let colour = layer.dataset.number ? undefined : WHITE; // weights have many
  const pen = Object.assign(document.createElement("canvas"), { width, height: Math.min(ROWS, height) }).getContext("2d", { willReadFrequently: true });
  for (let top = 0; top < height; top += ROWS) {
    pen.clearRect(0, 0, width, ROWS);
    pen.drawImage(layer, 0, -top, width, height);
    const pixels = new Uint32Array(pen.getImageData(0, 0, width, Math.min(ROWS, height - top)).data.buffer);
    const from = top * width;
    for (let i = 0; i < pixels.length; i += 1) if (pixels[i] >>> 31) numbers[from + i] = number; // half opaque and more
    colour ??= pixels.find((pixel) => pixel >>> 31);
  }
  colours[number] = colour;
}

// What lies under the middle of each pixel.
export function sample(grid, { columns, rows, left, top, step, width, height }, numbers) {
  const cell = (from, i, of, cells) => {
    const found = Math.floor(((from + (i + 0.5) * step) / of) * cells);
    return found >= 0 && found < cells ? found : -1;
  };
  const across = Int32Array.from({ length: columns }, (_, x) => cell(left, x, width, grid.width));
  for (let y = 0, pixel = 0; y < rows; y += 1) {
    const row = cell(top, y, height, grid.height) * grid.width;
    for (let x = 0; x < columns; x += 1, pixel += 1) {
      if (row >= 0 && across[x] >= 0) numbers[pixel] = grid.numbers[row + across[x]];
    }
  }
}

// The paths of polygons hold nothing but corners: M, L and z.
function outlinesOf(shapes) {
  return [...shapes.querySelectorAll(".shape")].map((shape) => {
    const path = shape.querySelector(".shape__line").getAttribute("d");
    const rings = path.split("M").slice(1).map((ring) => ring.replace("z", "").split("L").map((corner) => corner.split(" ").map(Number)));
    return { rings, number: Number(shape.dataset.number), box: boxOf(rings[0]) };
  });
}

// The first ring lies around the others.
function boxOf(ring) {
  const [xs, ys] = [0, 1].map((axis) => ring.map((corner) => corner[axis]));
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function meets([x1, y1, x2, y2], { left, top, step, columns, rows }) {
  return x2 >= left && y2 >= top && x1 <= left + columns * step && y1 <= top + rows * step;
}

// By the even-odd rule, at the middle of each pixel.
export function fillRings(rings, number, { columns, rows, left, top, step }, numbers) {
  const crossings = new Map();
  for (const ring of rings) {
    const corners = ring.map(([x, y]) => [(x - left) / step - 0.5, (y - top) / step - 0.5]);
    corners.forEach((corner, i) => cross(corner, corners[(i + 1) % corners.length], rows, crossings));
  }
  for (const [row, found] of crossings) {
    found.sort((a, b) => a - b);
    for (let i = 0; i + 1 < found.length; i += 2) {
      const [from, to] = [found[i], found[i + 1]].map((x) => Math.min(columns, Math.max(0, Math.ceil(x))));
      numbers.fill(number, row * columns + from, row * columns + to);
    }
  }
}

// Where an edge crosses the middles of the rows.
function cross([x1, y1], [x2, y2], rows, crossings) {
  const [from, to] = [Math.max(0, Math.ceil(Math.min(y1, y2))), Math.min(rows, Math.ceil(Math.max(y1, y2)))];
  for (let row = from; row < to; row += 1) {
    const found = crossings.get(row);
    const x = x1 + ((row - y1) * (x2 - x1)) / (y2 - y1);
    if (found) found.push(x);
    else crossings.set(row, [x]);
  }
}

// A light line on the rim of each region and a dark one around it, so that it stands out from any tissue.
export function rims(numbers, { columns, rows }, colours, raster) {
  const pixels = raster.sized(columns, rows);
  const reach = Math.max(1, Math.round(devicePixelRatio));
  const down = reach * columns;
  for (let y = 0, i = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1, i += 1) {
      const own = numbers[i];
      const rim = (x >= reach && numbers[i - reach] !== own) || (x + reach < columns && numbers[i + reach] !== own)
        || (y >= reach && numbers[i - down] !== own) || (y + reach < rows && numbers[i + down] !== own);
      pixels[i] = !rim ? 0 : own ? colours[own] : DARK;
    }
  }
  return raster.put();
}
