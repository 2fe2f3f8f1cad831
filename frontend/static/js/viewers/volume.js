// <c-volume>: a CT or MR volume in three planes, with the labels of a side over it. All views of a
// page share one state and one array of voxels. Without this file three middle slices are shown.

import { Blink, MEETINGS, SIDES, differenceOf } from "./compare.js";
import { cross, scaleBar, sides, words } from "./marks.js";
import { drawLine, lineBegun, lineDrawn, lineMoved, lineTold, toMeasure } from "./measuring.js";
import { Raster } from "./raster.js";
import { Stage, addCanvas, navigate, pageKeys, penOf, pixelAt, placeOn, screenAt, shareAt, within } from "./stage.js";
import { Divider, clipped, shownIn, toSwipe, told as swipeTold } from "./swipe.js";
import { button, choice, figure, fill, legend, makeBar, number, paneOf, said, slider } from "./tools.js";
import { PLANES, forget, greySlice, greys, labels, middleOf, planeSize, presets, sliceOrder, voxelAt, voxels } from "./volume-data.js";
import { LabelCut, strokeOutlines } from "./volume-labels.js";

const MODES = { both: "Contour and fill", contour: "Contour", fill: "Fill", none: "Nothing" };
const stage = new Stage(() => ({
  zoom: 1, x: 0.5, y: 0.5, plane: "axial", slices: null, low: 0, high: 1, negative: false, preset: "As imported",
  opacity: 0.3, mode: "both", difference: false, only: "", swipe: null, measuring: false, line: null, cursor: null,
  seen: false, // whether the reader has moved through the volume
}));
const blink = new Blink(stage);
// What all views draw, kept until slice, window or volume change.
const grey = { raster: new Raster(), table: new Uint32Array(65536), data: null, key: "", range: "" };
const difference = { raster: new Raster(), cuts: [], key: "" };

const sliceOf = (state) => state.slices[state.plane];
const here = () => `${stage.state.plane} ${sliceOf(stage.state)}`; // what a measured line lies on
const after = (names, name) => names[(names.indexOf(name) + 1) % names.length];

class VolumeView extends HTMLElement {
  async connectedCallback() {
    stage.join(this);
    this.facts = factsOf(this.dataset);
    try {
      const marks = this.dataset.labelsUrl ? labels(this.dataset.labelsUrl) : null;
      [this.data, this.marks] = await Promise.all([voxels(this.dataset.url, (share) => this.say(said("Loading the volume: {percent} %", { percent: Math.round(100 * share) }))), marks]);
    } catch (error) {
      this.say(said("The volume could not be loaded ({problem}). The three middle slices are shown instead.", { problem: error.message }));
      return;
    }
    if (!this.isConnected) return;
    this.say("");
    this.cut = this.marks && new LabelCut(this.marks);
    if (!stage.state.seen) start(this.facts);
    this.canvas = addCanvas(this, said("Volume, {pane}. Up and down arrows change the slice, Shift with arrows moves, plus and minus zoom, P changes the plane, W the window, I black and white, M measures.", { pane: paneOf(this) }));
    this.divider = new Divider(this, stage);
    navigate(this, stage, actsOf(this));
    makeTools(this);
    this.dataset.ready = this.dataset.looks = "1";
    this.draw();
    this.resized = new ResizeObserver(() => stage.change({})); // marks over it move as well
    this.resized.observe(this);
  }

  disconnectedCallback() {
    stage.leave(this);
    this.resized?.disconnect();
    this.canvas?.remove();
    this.divider?.remove();
    this.data = this.marks = this.cut = this.canvas = null;
    if (stage.views.size) return;
    forget();
    grey.data = null;
    difference.cuts = [];
    blink.stop();
  }

  say(text) {
    const place = this.querySelector(".viewer-waits");
    if (place) place.textContent = text;
  }

  get extent() {
    return planeSize(stage.state.plane, this.facts);
  }

  draw() {
    if (!this.canvas) return;
    const { state } = stage;
    this.toggleAttribute("data-zoomed", state.zoom > 1 || state.measuring);
    const pen = penOf(this);
    if (!pen) return;
    const twin = twinOf(this);
    if (twin) pen.drawImage(twin.canvas, 0, 0);
    else this.drawPicture(pen);
    this.divider.show(state.swipe !== null && shown(this).length === 2);
  }

  drawPicture(pen) {
    const { state } = stage;
    const scale = placeOn(pen, this, state);
    const { columns, rows, width, height } = this.extent;
    pen.imageSmoothingEnabled = (scale * width) / columns < 6 * devicePixelRatio;
    pen.drawImage(greyCanvas(this), 0, 0, width, height);
    pen.scale(width / columns, height / rows);
    this.drawLabels(pen);
    this.drawWords(pen, scale);
  }

  // Labels of this slice, cut and drawn once until slice or plane change.
  cutLabels() {
    const { plane } = stage.state;
    return this.cut?.at(here(), plane, sliceOf(stage.state), this.facts.shape);
  }

  drawLabels(pen) {
    if (stage.state.difference && SIDES[this.dataset.side]) return this.drawDifference(pen);
    for (const part of shown(this)) clipped(pen, part, () => part.view.drawOwn(pen));
    return undefined;
  }

  drawOwn(pen) {
    const { mode, opacity } = stage.state;
    const cut = this.cutLabels();
    if (!cut || mode === "none") return;
    pen.imageSmoothingEnabled = false;
    pen.globalAlpha = opacity;
    if (mode !== "contour") pen.drawImage(cut.fill, 0, 0);
    pen.globalAlpha = 1;
    if (mode !== "fill") strokeOutlines(pen, cut.outlines);
  }

  drawDifference(pen) {
    const { columns, rows } = this.extent;
    const cuts = ["left", "right"].map((side) => stage.view(side)?.cut);
    if (difference.key !== here() || cuts.some((cut, i) => cut !== difference.cuts[i])) {
      const [left, right] = ["left", "right"].map((side) => stage.view(side)?.cutLabels());
      const { stride } = left ?? right;
      differenceOf(left?.numbers, right?.numbers, columns, rows, { raster: difference.raster, start: stride, stride });
      Object.assign(difference, { cuts, key: here() });
    }
    pen.imageSmoothingEnabled = false;
    pen.globalAlpha = Math.max(0.6, stage.state.opacity);
    pen.drawImage(difference.raster.canvas, 0, 0);
    pen.globalAlpha = 1;
  }

  drawWords(pen, scale) {
    const { state } = stage;
    const { slices } = this.extent;
    const unit = devicePixelRatio;
    sides(pen, PLANES[state.plane].letters);
    scaleBar(pen, scale);
    words(pen, `${sliceOf(state) + 1} / ${slices}`, this.canvas.width - 8 * unit, 18 * unit, { align: "right" });
    if (state.only && !state.difference && SIDES[this.dataset.side]) words(pen, said("Shown: {pane}", { pane: said(state.only) }), 8 * unit, 18 * unit);
    drawLine(pen, this, stage, here());
    if (!state.cursor) return;
    cross(pen, pixelAt(this, state, state.cursor));
    words(pen, this.valueAt(state.cursor), this.canvas.width - 8 * unit, this.canvas.height - 8 * unit, { align: "right" });
  }

  lengthOf(from, to) {
    const { width, height } = this.extent;
    return `${figure(Math.hypot((to.x - from.x) * width, (to.y - from.y) * height), 1)} mm`;
  }

  // Pixels of the slice under a place on the screen, and back: for marks drawn over it.
  imagePoint(clientX, clientY) {
    const { columns, rows } = this.extent;
    const { x, y } = shareAt(this, stage.state, { clientX, clientY });
    return { x: x * columns, y: y * rows };
  }

  screenPoint(x, y) {
    const { columns, rows } = this.extent;
    return screenAt(this, stage.state, { x: x / columns, y: y / rows });
  }

  // Which slice is shown, and the way to that of a mark or to the next.
  get place() {
    return { plane: stage.state.plane, slice: sliceOf(stage.state) };
  }

  reveal({ plane, slice }) {
    if (!plane) return;
    const { slices } = stage.state;
    stage.look({ seen: true, plane, slices: { ...slices, [plane]: slice }, zoom: 1, x: 0.5, y: 0.5, cursor: null });
  }

  turn(by) {
    toSlice(this, sliceOf(stage.state) + by);
  }

  valueAt({ x, y }) {
    const { plane } = stage.state;
    const { columns, rows } = this.extent;
    const { shape, slope, intercept, modality } = this.facts;
    const voxel = voxelAt(plane, sliceOf(stage.state), shape, within(Math.floor(x * columns), 0, columns - 1), within(Math.floor(y * rows), 0, rows - 1));
    const value = Number((this.data[voxel] * slope + intercept).toPrecision(5));
    return modality === "CT" ? `${figure(value)} HU` : figure(value);
  }
}

function factsOf({ shape, spacing, slope, intercept, window: given, modality }) {
  const numbers = (text) => text.split(" ").map(Number);
  return { shape: numbers(shape), spacing: numbers(spacing), slope: Number(slope), intercept: Number(intercept), window: numbers(given), modality };
}

// In the middle of what both sides marked together, or of the volume.
function start(facts) {
  const [low, high] = facts.window;
  const marked = [...stage.views].map((view) => view.marks && middleOf(view.marks, facts.shape)).filter(Boolean);
  const places = marked.length ? marked : [facts.shape.map((side) => (side - 1) / 2)];
  const middle = (axis) => Math.round(places.reduce((sum, place) => sum + place[axis], 0) / places.length);
  const slices = Object.fromEntries(Object.entries(PLANES).map(([plane, { through }]) => [plane, middle(through)]));
  stage.change({ slices, low, high });
}

const shown = (view) => shownIn(view, stage, (other) => other.cut);

// The left pane, where the right one shows the very same: it is drawn first.
function twinOf({ dataset, canvas }) {
  const { swipe, difference: differing, only } = stage.state;
  if (dataset.side !== "right" || !comparable() || !(swipe !== null || differing || only)) return null;
  const left = stage.view("left");
  return left.canvas.width === canvas.width && left.canvas.height === canvas.height ? left : null;
}

// One grey slice serves all views.
function greyCanvas({ data, facts }) {
  const { plane, low, high, negative } = stage.state;
  const range = `${low} ${high} ${negative}`;
  const key = `${here()} ${range}`;
  const same = grey.data === data;
  if (same && grey.key === key) return grey.raster.canvas;
  if (!same || grey.range !== range) greys({ low, high, negative }, facts, grey.table);
  const order = sliceOrder(plane, sliceOf(stage.state), facts.shape);
  greySlice(data, order, grey.table, grey.raster.sized(order.columns, order.rows));
  Object.assign(grey, { data, key, range });
  return grey.raster.put();
}

function toSlice(view, slice) {
  const { plane, slices } = stage.state;
  stage.look({ seen: true, slices: { ...slices, [plane]: within(slice, 0, view.extent.slices - 1) } });
}

function toPlane(plane) {
  stage.look({ seen: true, plane, zoom: 1, x: 0.5, y: 0.5, cursor: null });
}

function toPreset(view, preset) {
  const [low, high] = presets(view.facts)[preset] ?? view.facts.window;
  stage.look({ seen: true, low, high, preset });
}

function toWindow(centre, width) {
  const half = Math.max(width, 1e-6) / 2;
  stage.look({ low: centre - half, high: centre + half, seen: true, preset: "" });
}

const [NOTCH, TOUCHED] = [120, 60]; // pixels a slice, of a wheel and of a touchpad

// A wheel's notch is 100 or 120 pixels, or lines, by system and browser: one slice always, several
// only where the wheel spins. A touchpad's steps are far smaller; those are no notches.
function notchesOf({ deltaMode, deltaY }) {
  if (deltaMode) return Math.sign(deltaY);
  return Math.abs(deltaY) < 50 ? 0 : Math.sign(deltaY) * Math.max(1, Math.round(Math.abs(deltaY) / NOTCH));
}

const toNegative = () => stage.look({ seen: true, negative: !stage.state.negative });

function actsOf(view) {
  const by = (step) => () => toSlice(view, sliceOf(stage.state) + step);
  const pan = () => 0.08 / stage.state.zoom;
  const end = (event, dx, dy) => lineMoved(stage, view.extent, event, dx, dy);
  let rest = 0; // of a touchpad's small steps
  return {
    wheel(event) {
      const notches = notchesOf(event);
      rest = notches ? 0 : rest + event.deltaY;
      const steps = notches || Math.trunc(rest / TOUCHED);
      rest -= notches ? 0 : steps * TOUCHED;
      if (steps) toSlice(view, sliceOf(stage.state) - steps);
    },
    begin(event) {
      if (event.button === 2 || event.shiftKey) return true;
      return lineBegun(view, stage, event, here());
    },
    go(event, before) {
      if (stage.state.measuring && event.buttons === 1 && !event.shiftKey) return lineDrawn(view, stage, event);
      const { low, high } = stage.state;
      const per = Math.max(high - low, 1e-6) / 250;
      toWindow((low + high) / 2 + (event.clientY - before.clientY) * per, (high - low) + (event.clientX - before.clientX) * per * 2);
    },
    hover(event) {
      const at = shareAt(view, stage.state, event);
      const inside = at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1;
      stage.change({ cursor: inside && event.pointerType === "mouse" ? at : null });
    },
    leave() { if (stage.state.cursor) stage.change({ cursor: null }); },
    keys: {
      ArrowUp: (event) => end(event, 0, -1) || (event.shiftKey ? stage.moveBy(0, -pan()) : by(1)()),
      ArrowDown: (event) => end(event, 0, 1) || (event.shiftKey ? stage.moveBy(0, pan()) : by(-1)()),
      ArrowLeft: (event) => end(event, -1, 0) || stage.moveBy(-pan(), 0),
      ArrowRight: (event) => end(event, 1, 0) || stage.moveBy(pan(), 0),
      PageUp: by(10), PageDown: by(-10),
      p: () => toPlane(after(Object.keys(PLANES), stage.state.plane)),
      w: () => toPreset(view, after(Object.keys(presets(view.facts)), stage.state.preset)),
      i: toNegative,
      m: () => toMeasure(stage, !stage.state.measuring, here()),
    },
  };
}

function makeTools(view) {
  const bar = makeBar(view, "Tools of the volume");
  if (!bar) return;
  const compares = view.closest(".panes") && stage.view("left")?.dataset.labelsUrl && stage.view("right")?.dataset.labelsUrl;
  const marked = compares || view.dataset.labelsUrl;
  stage.tools = fill(bar, [
    ...Object.entries(PLANES).map(([plane, { name }]) => button(name, () => toPlane(plane), { pressed: (state) => state.plane === plane })),
    slider("Slice", { min: () => 1, max: () => view.extent.slices }, (slice) => toSlice(view, slice - 1), (state) => sliceOf(state) + 1, (state) => said("{number} of {of}").replace("{number}", sliceOf(state) + 1).replace("{of}", view.extent.slices)),
    choice("Window", [...Object.keys(presets(view.facts)).map((name) => [name, name]), ["", "own"]], (name) => toPreset(view, name), (state) => state.preset),
    ...(compares ? compareTools() : []),
    legend(told),
  ], [
    number("Centre", (centre) => toWindow(centre, stage.state.high - stage.state.low), (state) => tidy((state.low + state.high) / 2)),
    number("Width", (width) => toWindow((stage.state.low + stage.state.high) / 2, width), (state) => tidy(state.high - state.low)),
    button("Negative", toNegative, { pressed: (state) => state.negative }),
    button("−", () => stage.zoomBy(0.8), { title: "Zoom out" }), button("+", () => stage.zoomBy(1.25), { title: "Zoom in" }),
    button("Show all", () => stage.showAll()),
    button("Measure", () => toMeasure(stage, !stage.state.measuring, here()), { pressed: (state) => state.measuring }),
    ...(marked ? markTools() : []),
  ]);
  stage.tools.show(stage.state);
}

const tidy = (value) => (Math.abs(value) < 100 ? Number(value.toPrecision(3)) : Math.round(value));

function markTools() {
  return [
    slider("Opacity", { min: () => 0, max: () => 100 }, (share) => stage.change({ opacity: share / 100 }), (state) => Math.round(100 * state.opacity)),
    choice("Marks", Object.entries(MODES), (mode) => stage.change({ mode, difference: false }), (state) => state.mode),
  ];
}

function compareTools() {
  return [
    button("Difference", toDifference, { pressed: (state) => state.difference, name: "difference" }),
    button("Blink", () => blink.press(), { pressed: (state) => Boolean(state.only), name: "blink", title: "Blink: show the marks of one side in both panes, then those of the other" }),
    button("Swipe", () => toSwipe(stage, blink), { pressed: (state) => state.swipe !== null, name: "swipe", title: "Swipe: left of a divider the left output, right of it the right one" }),
  ];
}

function toDifference() {
  blink.stop();
  stage.change({ difference: !stage.state.difference, swipe: null });
}

const comparable = () => ["left", "right"].every((side) => stage.view(side)?.cut);

function told(state) {
  const zoom = state.zoom > 1 ? `${figure(state.zoom, 1)}×` : "";
  const meetings = state.difference ? Object.values(MEETINGS).map(({ name }) => said(name)).join("; ") : "";
  const swipe = state.swipe === null ? "" : swipeTold(state);
  return [swipe, zoom, lineTold(stage, [...stage.views][0], here()), meetings].filter(Boolean).join(" · ");
}

pageKeys(stage, {
  d: () => { if (comparable()) toDifference(); },
  c: () => stage.change({ mode: after(Object.keys(MODES), stage.state.mode), difference: false }),
  b: () => { if (comparable()) blink.press(); },
  v: () => { if (comparable()) toSwipe(stage, blink); },
});

customElements.define("c-volume", VolumeView);
