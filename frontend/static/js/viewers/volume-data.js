// Volumes as arrays: fetched once for all views of a page, and cut into slices.
// Order of voxels: from the patient's left to right, then from back to front, then from feet to head.

import { ofFile } from "./file-looks.js";
import { said as inWords } from "./tools.js";

const HEADER = 352; // bytes of a NIfTI-1 file before its voxels
const arrays = new Map();

// The voxels at an address; every view that asks for it gets the same array.
export function voxels(url, said) {
  if (!arrays.has(url)) arrays.set(url, fetched(url, said).then((buffer) => new Int16Array(buffer, HEADER)));
  return arrays.get(url);
}

// One number a voxel: which of the labels it has; 0 is none.
export function labels(url) {
  if (!arrays.has(url)) arrays.set(url, fetched(url).then((buffer) => new Uint8Array(buffer)));
  return arrays.get(url);
}

// What one walk through all labels finds, kept with them: ``middle``, the mean place of all that is
// labelled (null where nothing is), and ``depth``, for each number how far inside it lies: 0 is outside
// of all, and of two labels the one whose box is smaller lies deeper.
const surveys = new WeakMap();
export function surveyOf(data, shape) {
  if (!surveys.has(data)) surveys.set(data, survey(data, shape));
  return surveys.get(data);
}

function survey(data, shape) {
  const sums = [0, 0, 0];
  const boxes = [];
  let count = 0;
  for (let z = 0, i = 0; z < shape[2]; z += 1) {
    for (let y = 0; y < shape[1]; y += 1) {
      for (let x = 0; x < shape[0]; x += 1, i += 1) {
        if (!data[i]) continue;
        count += 1;
        sums[0] += x;
        sums[1] += y;
        sums[2] += z;
        grow((boxes[data[i]] ??= { low: [x, y, z], high: [x, y, z] }), x, y, z);
      }
    }
  }
  return { middle: count ? sums.map((sum) => sum / count) : null, depth: depthOf(boxes) };
}

function grow({ low, high }, x, y, z) {
  if (x < low[0]) low[0] = x;
  else if (x > high[0]) high[0] = x;
  if (y < low[1]) low[1] = y;
  else if (y > high[1]) high[1] = y;
  if (z > high[2]) high[2] = z; // slices come in order
}

function depthOf(boxes) {
  const size = ({ low, high }) => low.reduce((product, from, axis) => product * (high[axis] - from + 1), 1);
  const depth = new Uint8Array(256);
  Object.entries(boxes).sort(([, one], [, other]) => size(other) - size(one)).forEach(([number], i) => { depth[number] = i + 1; });
  return depth;
}

export const forget = () => arrays.clear();

async function fetched(url, said) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(inWords("the server answered {status}", { status: response.status }));
  const size = Number(response.headers.get("Content-Length"));
  let seen = 0;
  const counted = new TransformStream({
    transform(chunk, out) {
      seen += chunk.byteLength;
      if (size) said?.(seen / size);
      out.enqueue(chunk);
    },
  });
  const bytes = response.body.pipeThrough(counted).pipeThrough(new DecompressionStream("gzip"));
  return new Response(bytes).arrayBuffer();
}

// Planes as a reader in radiology sees them: the patient's right on the left of the screen, the front
// on top; seen from the side, the front on the left. ``across``, ``down`` and ``through`` name axes.
export const PLANES = {
  axial: { name: "Axial", across: 0, down: 1, through: 2, letters: ["R", "L", "A", "P"], mirrored: true },
  coronal: { name: "Coronal", across: 0, down: 2, through: 1, letters: ["R", "L", "H", "F"], mirrored: true },
  sagittal: { name: "Sagittal", across: 1, down: 2, through: 0, letters: ["A", "P", "H", "F"], mirrored: true },
};

export function planeSize(plane, { shape, spacing }) {
  const { across, down, through } = PLANES[plane];
  return {
    columns: shape[across], rows: shape[down], slices: shape[through],
    width: shape[across] * spacing[across], height: shape[down] * spacing[down],
  };
}

// How the voxels of a slice follow each other: from ``first``, which is on the top left, ``across`` back
// for the next column and ``down`` back for the next row, since all three planes begin at the right,
// front or head, which is the end of their axes.
export function sliceOrder(plane, slice, shape) {
  const { across, down, through } = PLANES[plane];
  const step = [1, shape[0], shape[0] * shape[1]];
  const [columns, rows] = [shape[across], shape[down]];
  const first = slice * step[through] + (columns - 1) * step[across] + (rows - 1) * step[down];
  return { columns, rows, first, across: step[across], down: step[down] };
}

// The slice as opaque grey pixels; ``grey`` has one entry for each 16-bit value.
export function greySlice(data, { columns, rows, first, across, down }, grey, pixels) {
  let pixel = 0;
  for (let row = 0; row < rows; row += 1) {
    let voxel = first - row * down;
    for (let column = 0; column < columns; column += 1, pixel += 1, voxel -= across) pixels[pixel] = grey[data[voxel] + 32768];
  }
}

// Value to grey for a window: ``low`` and less is black, ``high`` and more is white. Only what lies
// between is worked out; ``table`` is filled anew. A negative shows black for white.
export function greys({ low, high, negative }, { slope, intercept }, table) {
  const [start, end] = [low, high].map((value) => (value - intercept) / slope + 32768).sort((a, b) => a - b);
  const [from, to] = [Math.ceil(start), Math.floor(end) + 1].map((place) => Math.min(65536, Math.max(0, place)));
  const level = (share) => (0xff000000 | ((negative ? 255 - share : share) * 0x010101)) >>> 0;
  table.fill(level(slope < 0 ? 255 : 0), 0, from);
  table.fill(level(slope < 0 ? 0 : 255), Math.max(from, to));
  for (let place = from; place < to; place += 1) {
    table[place] = level(Math.round((255 * ((place - 32768) * slope + intercept - low)) / (high - low)));
  }
  return table;
}

// Where a pixel of a slice lies in the volume.
export function voxelAt(plane, slice, shape, column, row) {
  const { across, down, through } = PLANES[plane];
  const place = [];
  place[across] = shape[across] - 1 - column;
  place[down] = shape[down] - 1 - row;
  place[through] = slice;
  return place[0] + shape[0] * (place[1] + shape[1] * place[2]);
}

// Windows by modality, as low and high; null asks for the window that came with the volume.
const CT = {
  "Soft tissue": [-160, 240], Lung: [-1350, 150], Bone: [-500, 1300], Brain: [0, 80],
  Stroke: [20, 60], Liver: [-45, 105], Mediastinum: [-125, 225], "CT angiography": [-100, 700],
};
export function presets({ modality, window: given, windows }) {
  const first = { "As imported": given, ...ofFile(windows) };
  if (modality === "CT") return { ...first, ...CT };
  const [low, high] = given;
  const width = high - low;
  return { ...first, Brighter: [low, low + 0.6 * width], Darker: [low, high + 0.6 * width], "High contrast": [low + 0.25 * width, high - 0.25 * width] };
}
