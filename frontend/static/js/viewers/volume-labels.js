// Labels of a volume over one of its slices, filled or outlined. Rasters and arrays are made once for a
// size of slice and used again, since a reader who scrolls asks for sixty slices a second.

import { packed } from "./compare.js";
import { Raster } from "./raster.js";
import { sliceOrder, surveyOf } from "./volume-data.js";

// As figures.css and the server's palette have them; the table below the image names each.
const COLOURS = [[0, 229, 255], [198, 255, 0], [255, 64, 255], [255, 234, 0], [64, 128, 255], [0, 255, 144], [255, 255, 255]];

export const colourOf = (number) => COLOURS[(number - 1) % COLOURS.length];
export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
const FILLS = Uint32Array.from({ length: 256 }, (_, number) => (number ? packed(colourOf(number)) : 0));

// The labels of one side in the slice that is shown: their numbers, and how they are drawn. Each part
// is made when it is first asked for, and kept until the slice changes.
//
// ``numbers`` has a row of zeros above and below the slice and zeros behind each row (``stride`` is a
// multiple of four), so that borders need no special edge and four pixels are compared at once.
export class LabelCut {
  constructor(data, shape) {
    this.data = data;
    this.depth = surveyOf(data, shape).depth;
    this.raster = new Raster();
    this.key = "";
  }

  at(key, plane, slice, shape) {
    if (this.key === key) return this;
    const order = sliceOrder(plane, slice, shape);
    if (this.columns !== order.columns || this.rows !== order.rows) this.resize(order);
    copySlice(this.data, order, this.numbers, this.stride);
    Object.assign(this, { key, filled: false, paths: null });
    return this;
  }

  resize({ columns, rows }) {
    const stride = 4 * Math.floor(columns / 4 + 1);
    const words = new Uint32Array((stride / 4) * (rows + 2));
    Object.assign(this, { columns, rows, stride, words, numbers: new Uint8Array(words.buffer) });
  }

  get fill() {
    if (!this.filled) fillFrom(this, this.raster.sized(this.columns, this.rows));
    if (!this.filled) this.raster.put();
    this.filled = true;
    return this.raster.canvas;
  }

  get outlines() {
    this.paths ??= outlinesOf(this);
    return this.paths;
  }
}

// The numbers of one slice, from the top left.
function copySlice(data, { columns, rows, first, across, down }, numbers, stride) {
  for (let row = 0; row < rows; row += 1) {
    let voxel = first - row * down;
    const end = (row + 1) * stride + columns;
    for (let place = end - columns; place < end; place += 1, voxel -= across) numbers[place] = data[voxel];
  }
}

function fillFrom({ numbers, columns, rows, stride }, pixels) {
  for (let row = 0, pixel = 0; row < rows; row += 1) {
    const end = (row + 1) * stride + columns;
    for (let place = end - columns; place < end; place += 1, pixel += 1) pixels[pixel] = FILLS[numbers[place]];
  }
}

const border = (depth, one, other) => (one === other ? 0 : depth[one] > depth[other] ? one : other);

// The borders between numbers, as one path for each number, in pixels of the slice. Between two labels
// the border is drawn once, as that of the inner one, which has no other. Where four pixels and the one before them are
// as in the row above, no border begins or ends.
function outlinesOf({ words, numbers, rows, stride, depth }) {
  const walk = { paths: new Map(), numbers, stride, depth, upright: new Uint8Array(stride), since: new Uint16Array(stride), level: 0, start: 0 };
  const perRow = stride / 4;
  for (let y = 0; y <= rows; y += 1) {
    let same = true;
    walk.level = 0;
    for (let word = 0; word < perRow; word += 1) {
      const equal = words[(y + 1) * perRow + word] === words[y * perRow + word];
      if (!equal || !same || walk.level) for (let x = 4 * word; x < 4 * word + 4; x += 1) step(walk, x, y);
      same = equal;
    }
  }
  return walk.paths;
}

function step(walk, x, y) {
  const { numbers, stride, depth, upright, since } = walk;
  const place = (y + 1) * stride + x;
  const left = border(depth, numbers[place], numbers[place - 1]);
  if (left !== upright[x]) {
    if (upright[x]) edge(walk.paths, upright[x], x, since[x], x, y);
    upright[x] = left;
    since[x] = y;
  }
  const above = border(depth, numbers[place], numbers[place - stride]);
  if (above === walk.level) return;
  if (walk.level) edge(walk.paths, walk.level, walk.start, y, x, y);
  walk.level = above;
  walk.start = x;
}

function edge(paths, number, x1, y1, x2, y2) {
  let path = paths.get(number);
  if (!path) paths.set(number, (path = new Path2D()));
  path.moveTo(x1, y1);
  path.lineTo(x2, y2);
}

// Lines of two pixels of the screen with a dark rim. They are put together from hairlines, since without
// a graphics card a wide stroke of a long path takes ten times as long.
export function strokeOutlines(pen, paths) {
  const place = pen.getTransform();
  const placed = [...paths].map(([number, path]) => [css(colourOf(number)), onScreen([path], place)]);
  const half = Math.max(1, Math.round(devicePixelRatio));
  pen.lineWidth = 1;
  hairlines(pen, "rgb(0 0 0 / 75%)", onScreen(paths.values(), place), half, 2 * half);
  for (const [colour, path] of placed) hairlines(pen, colour, path, 0, half);
  pen.setTransform(place);
}

function onScreen(paths, place) {
  const all = new Path2D();
  for (const path of paths) all.addPath(path, place);
  return all;
}

// What lies between ``from`` and ``to`` pixels beside the path.
function hairlines(pen, colour, path, from, to) {
  pen.strokeStyle = colour;
  for (let beside = from + 0.5; beside < to; beside += 1) {
    for (const [dx, dy] of [[-beside, -beside], [beside, -beside], [-beside, beside], [beside, beside]]) {
      pen.setTransform(1, 0, 0, 1, dx, dy);
      pen.stroke(path);
    }
  }
}
