// Marked places and lengths in words: as a microscope tells them, or as a radiograph's ruler does
// (arena/voting/lengths.py says the same on the server).

import { settings, word } from "./dom.js";
import { figure } from "./figure.js";

const FINE = 0.02; // millimetres a pixel
const AXES = { axial: [0, 1], coronal: [0, 2], sagittal: [1, 2] }; // of a volume, across and down

export function lengthTold(mm) {
  const microns = 1000 * mm;
  if (mm >= 1) return `${figure(mm, 2)} mm`;
  return `${figure(microns, microns < 10 ? 1 : 0)} µm`;
}

function pairTold(one, other, sign, fine) {
  if (fine && Math.max(Math.abs(one), Math.abs(other)) < 1) return `${figure(1000 * one, 0)}${sign}${figure(1000 * other, 0)} µm`;
  const places = fine ? 2 : 1;
  return `${figure(one, places)}${sign}${figure(other, places)} mm`;
}

// Size and place of a region, where the case says how far its pixels are apart: rows and columns of an
// image, or the three axes of a volume.
function regionTold({ x, y, width, height, plane }, spacing) {
  if (!spacing) return null;
  const [across, down] = (AXES[plane] ?? [1, 0]).map((axis) => spacing[axis]);
  const fine = Math.min(...spacing) < FINE;
  return { size: pairTold(width * across, height * down, " × ", fine), place: pairTold(x * across, y * down, ", ", fine) };
}

export function describe({ quote, region }) {
  if (!region) return `“${quote}”`;
  const rounded = Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, Math.round(region[name])]));
  const told = regionTold(region, settings().spacing);
  const name = `mark_region${region.plane ? "_slice" : ""}${told ? "_mm" : ""}`;
  const slice = region.plane ? { plane: word(`plane_${region.plane}`), slice: region.slice + 1 } : {};
  return word(name, { ...rounded, ...told, ...slice });
}
