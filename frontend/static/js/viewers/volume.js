// <c-volume>: a CT or MR volume in three planes, with the labels of a side over it. All views of a
// page share one state and one array of voxels. Without this file three middle slices are shown.

import { SIDES, differenceOf } from "./compare.js";
import { cross, hairs, scaleBar, sides, words } from "./marks.js";
import { drawLine, lineBegun, lineDrawn, lineMoved } from "./measuring.js";
import { Raster } from "./raster.js";
import { addCanvas, navigate, pageKeys, penOf, pixelAt, placeOn, screenAt, shareAt, within } from "./stage.js";
import { Divider, clipped, shownIn } from "./swipe.js";
import { figure, paneOf, said } from "./tools.js";
import { PLANES, forget, greySlice, greys, labels, planeSize, sliceOrder, voxelAt, voxels } from "./volume-data.js";
import { LabelCut, strokeOutlines } from "./volume-labels.js";
import { LETTERS, cine, comparable, comparing, crossHere, crossMoved, crossed, first, here, sliceOf, stage, start, toWindow, turn } from "./volume-state.js";
import { makeTools } from "./volume-tools.js";

// What all views draw, kept until slice, window or volume change.
const grey = { raster: new Raster(), table: new Uint32Array(65536), data: null, key: "", range: "" };
const difference = { raster: new Raster(), cuts: [], key: "" };

class VolumeView extends HTMLElement {
  async connectedCallback() {
    stage.join(this);
    if (!stage.state.slices) { comparing.blink.stop(); cine.stop(); } // of the ballot before
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
    this.cut = this.marks && new LabelCut(this.marks, this.facts.shape);
    if (!stage.state.seen) start(this.facts);
    this.canvas = addCanvas(this, said("Volume, {pane}. Up and down arrows change the slice, Shift with arrows moves, plus and minus zoom, P changes the plane, T the window, I black and white, K plays, H shows a crosshair, L measures, R resets.", { pane: paneOf(this) }));
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
    comparing.blink.stop();
    cine.stop();
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
    this.toggleAttribute("data-zoomed", state.zoom > 1 || state.measuring || state.crossed);
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
    for (const part of shown(this)) clipped(pen, part, (cut) => part.view.drawOwn(cut));
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
    if (state.crossed) this.drawCross(pen);
    if (!state.cursor) return;
    cross(pen, pixelAt(this, state, state.cursor));
    words(pen, this.valueAt(state.cursor), this.canvas.width - 8 * unit, this.canvas.height - 8 * unit, { align: "right" });
  }

  drawCross(pen) {
    const { column, row } = crossed();
    const { columns, rows } = this.extent;
    hairs(pen, pixelAt(this, stage.state, { x: (column + 0.5) / columns, y: (row + 0.5) / rows }));
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
    cine.stop();
    stage.look({ seen: true, plane, slices: { ...slices, [plane]: slice }, zoom: 1, x: 0.5, y: 0.5, cursor: null });
  }

  turn(by) {
    turn(by);
  }

  valueAt({ x, y }) {
    const { columns, rows } = this.extent;
    return this.valueOf(within(Math.floor(x * columns), 0, columns - 1), within(Math.floor(y * rows), 0, rows - 1));
  }

  get valueHere() {
    const { column, row } = crossed();
    return this.valueOf(column, row);
  }

  valueOf(column, row) {
    const { shape, slope, intercept, modality } = this.facts;
    const voxel = voxelAt(stage.state.plane, sliceOf(stage.state), shape, column, row);
    const value = Number((this.data[voxel] * slope + intercept).toPrecision(5));
    return modality === "CT" ? `${figure(value)} HU` : figure(value);
  }
}

function factsOf({ shape, spacing, slope, intercept, window: given, windows, negative, modality }) {
  const numbers = (text) => text.split(" ").map(Number);
  return { shape: numbers(shape), spacing: numbers(spacing), slope: Number(slope), intercept: Number(intercept), window: numbers(given), windows: JSON.parse(windows ?? "[]"), negative: Boolean(negative), modality };
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

const [NOTCH, TOUCHED] = [120, 60]; // pixels a slice, of a wheel and of a touchpad

// A wheel's notch is 100 or 120 pixels, or lines, by system and browser: one slice always, several
// only where the wheel spins. A touchpad's steps are far smaller; those are no notches.
function notchesOf({ deltaMode, deltaY }) {
  if (deltaMode) return Math.sign(deltaY);
  return Math.abs(deltaY) < 50 ? 0 : Math.sign(deltaY) * Math.max(1, Math.round(Math.abs(deltaY) / NOTCH));
}

function actsOf(view) {
  const pan = () => 0.08 / stage.state.zoom;
  const moved = (event, dx, dy) => lineMoved(stage, view.extent, event, dx, dy) || crossMoved(event, dx, dy);
  const page = () => (stage.state.crossed ? 1 : 10); // arrow keys move the crosshair, not the slices
  let rest = 0; // of a touchpad's small steps
  return {
    wheel(event) {
      const notches = notchesOf(event);
      rest = notches ? 0 : rest + event.deltaY;
      const steps = notches || Math.trunc(rest / TOUCHED);
      rest -= notches ? 0 : steps * TOUCHED;
      if (steps) turn(-steps);
    },
    begin(event) {
      if (event.button === 2 || event.shiftKey) return true;
      if (stage.state.measuring || !stage.state.crossed) return lineBegun(view, stage, event, here());
      crossHere(view, event);
      return true;
    },
    go(event, before) {
      const { low, high, measuring, crossed: pointing } = stage.state;
      if (event.buttons === 1 && !event.shiftKey && measuring) return lineDrawn(view, stage, event);
      if (event.buttons === 1 && !event.shiftKey && pointing) return crossHere(view, event);
      const per = Math.max(high - low, 1e-6) / 250;
      return toWindow((low + high) / 2 + (event.clientY - before.clientY) * per, (high - low) + (event.clientX - before.clientX) * per * 2);
    },
    hover(event) {
      const at = shareAt(view, stage.state, event);
      const inside = at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1;
      stage.change({ cursor: inside && event.pointerType === "mouse" ? at : null });
    },
    leave() { if (stage.state.cursor) stage.change({ cursor: null }); },
    keys: {
      ...LETTERS,
      ArrowUp: (event) => moved(event, 0, -1) || (event.shiftKey ? stage.moveBy(0, -pan()) : turn(1)),
      ArrowDown: (event) => moved(event, 0, 1) || (event.shiftKey ? stage.moveBy(0, pan()) : turn(-1)),
      ArrowLeft: (event) => moved(event, -1, 0) || stage.moveBy(-pan(), 0),
      ArrowRight: (event) => moved(event, 1, 0) || stage.moveBy(pan(), 0),
      PageUp: () => turn(page()), PageDown: () => turn(-page()),
    },
  };
}

// Before there is anything to see, a letter does nothing.
const whenSeen = ([letter, act]) => [letter, () => { if (first()?.canvas) act(); }];

pageKeys(stage, {
  ...Object.fromEntries(Object.entries(LETTERS).map(whenSeen)),
  ...comparing.keys,
});

customElements.define("c-volume", VolumeView);
