// Regions marked on an image: drawn over any viewer that says where its pixels are on the screen.
// With a mouse or finger a rectangle is drawn; by keys one is moved and sized.

import { all, announce, find, word } from "./dom.js";
import { describe } from "./places.js";

const SVG = "http://www.w3.org/2000/svg";
const LEAST = 3; // pixels of the screen: less is a slip of the hand
let drawing = null;

function layerOf(viewer) {
  let layer = find(":scope > .regions", viewer);
  if (!layer) {
    layer = document.createElementNS(SVG, "svg");
    layer.setAttribute("class", "regions");
    layer.setAttribute("aria-hidden", "true");
    viewer.append(layer);
  }
  return layer;
}

function place(rect, viewer, { x, y, width, height }) {
  const box = viewer.getBoundingClientRect();
  const one = viewer.screenPoint(x, y);
  const other = viewer.screenPoint(x + width, y + height);
  rect.setAttribute("x", one.x - box.left);
  rect.setAttribute("y", one.y - box.top);
  rect.setAttribute("width", Math.max(0, other.x - one.x));
  rect.setAttribute("height", Math.max(0, other.y - one.y));
}

function rectangle(viewer, region, name) {
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("class", name);
  place(rect, viewer, region);
  layerOf(viewer).append(rect);
  return rect;
}

const viewerOf = (side) => find(`#pane-${side} [data-looks]`);

// Where in a volume a viewer is; nothing of an image, which is one place.
const placeOf = (viewer) => viewer.place ?? {};
const onView = (viewer, region) => Object.entries(placeOf(viewer)).every(([name, value]) => (region[name] ?? value) === value);

let shown = [];

export function show(marks) {
  shown = marks.filter((mark) => mark.region);
  redraw();
}

function redraw() {
  for (const rect of all(".regions rect:not(.regions__drawn)")) rect.remove();
  for (const { side, region } of shown) {
    const viewer = viewerOf(side);
    if (viewer && onView(viewer, region)) rectangle(viewer, region, "regions__marked");
  }
  if (drawing && !drawing.viewer.isConnected) stop();
  if (drawing?.region) place(drawing.rect, drawing.viewer, drawing.region);
}
document.addEventListener("consilium:view", redraw);

// Goes to where a mark was made.
export function reveal({ side, region }) {
  const viewer = viewerOf(side);
  viewer?.reveal?.(region);
  viewer?.scrollIntoView({ block: "nearest", inline: "nearest" });
  announce(describe({ region }));
}
addEventListener("resize", redraw);
document.addEventListener("htmx:afterSwap", redraw); // the next ballot ends what was being drawn

export function draw(viewer, taken) {
  stop();
  const layer = layerOf(viewer);
  layer.classList.add("regions--drawing");
  drawing = { viewer, layer, taken, region: middle(viewer) };
  drawing.rect = rectangle(viewer, drawing.region, "regions__drawn");
  layer.addEventListener("pointerdown", onDown);
  layer.addEventListener("pointermove", onMove);
  layer.addEventListener("pointerup", onUp);
  document.addEventListener("keydown", onKey, true);
  announce([word("mark_draw"), viewer.turn && word("mark_slices")].filter(Boolean).join(" "));
}

function stop() {
  if (!drawing) return;
  const { layer, rect } = drawing;
  drawing = null;
  rect.remove();
  layer.classList.remove("regions--drawing");
  for (const [type, listener] of [["pointerdown", onDown], ["pointermove", onMove], ["pointerup", onUp]]) {
    layer.removeEventListener(type, listener);
  }
  document.removeEventListener("keydown", onKey, true);
}

// A fifth of what is on the screen, to begin with by keys.
function middle(viewer) {
  const box = viewer.getBoundingClientRect();
  return between(viewer, box.left + 0.4 * box.width, box.top + 0.4 * box.height, box.left + 0.6 * box.width, box.top + 0.6 * box.height);
}

function between(viewer, x1, y1, x2, y2) {
  const one = viewer.imagePoint(Math.min(x1, x2), Math.min(y1, y2));
  const other = viewer.imagePoint(Math.max(x1, x2), Math.max(y1, y2));
  return { x: one.x, y: one.y, width: other.x - one.x, height: other.y - one.y };
}

function onDown(event) {
  event.preventDefault();
  drawing.layer.setPointerCapture(event.pointerId);
  drawing.from = [event.clientX, event.clientY];
}

function onMove(event) {
  if (!drawing?.from) return;
  drawing.region = between(drawing.viewer, ...drawing.from, event.clientX, event.clientY);
  redraw();
}

function onUp(event) {
  const [x, y] = drawing?.from ?? [event.clientX, event.clientY];
  drawing.from = null;
  // Later: a dialog opened while the button goes up would be taken for a click beside it.
  if (Math.abs(event.clientX - x) >= LEAST && Math.abs(event.clientY - y) >= LEAST) setTimeout(take);
}

function take() {
  const { taken, region, viewer } = drawing;
  stop();
  const rounded = Object.fromEntries(Object.entries(region).map(([name, value]) => [name, Math.round(10 * value) / 10]));
  taken({ ...rounded, ...placeOf(viewer) });
}

const describeDrawn = () => describe({ region: { ...drawing.region, ...placeOf(drawing.viewer) } });
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key === "Shift" || event.key === "Tab") return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Enter") return take();
  if (event.key === "Escape") { stop(); return announce(word("mark_left")); }
  if (event.key === "PageUp" || event.key === "PageDown") {
    drawing.viewer.turn?.(event.key === "PageUp" ? 1 : -1);
    return announce(describeDrawn());
  }
  if (!STEPS[event.key]) return undefined;
  const { region } = drawing;
  const [dx, dy] = STEPS[event.key].map((step) => step * Math.max(1, region.width / 10));
  drawing.region = event.shiftKey
    ? { ...region, width: Math.max(1, region.width + dx), height: Math.max(1, region.height + dy) }
    : { ...region, x: region.x + dx, y: region.y + dy };
  redraw();
  return announce(describeDrawn());
}
