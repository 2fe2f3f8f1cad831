// <c-image>: an image on a canvas, with mask layers, and shapes (boxes, points, outlines) as SVG over
// it. All views of a page share one state, so both panes always show the same place at the same size.
// Without this file the layers are plain <img> below the same SVG.

import { MEETINGS, SIDES, differenceOf } from "./compare.js";
import { Comparing, MODES, after } from "./comparing.js";
import { forgetPictures, ofFile, pictureOf } from "./file-looks.js";
import { layerOf, unionOf, windowed } from "./image-layers.js";
import { cross, scaleBar, sides, words } from "./marks.js";
import { drawLine, lineBegun, lineDrawn, lineMoved, lineTold, toMeasure } from "./measuring.js";
import { forgetShapes, placeShapes, takeShapes } from "./shapes.js";
import { CLOSEST, Stage, addCanvas, navigate, pageKeys, penOf, pixelAt, placeOn, screenAt, shareAt, within } from "./stage.js";
import { Divider, clipped, shownIn, told as swipeTold } from "./swipe.js";
import { button, choice, figure, fill, legend, makeBar, paneOf, said } from "./tools.js";

const WINDOWS = { "As it is": [0, 255], Brighter: [0, 160], Darker: [80, 320], "High contrast": [64, 192], Negative: [255, 0] };
const GREEN = "Red-free"; // vessels and bleedings of the retina stand out in green light
const BY_MODALITY = {
  Radiograph: { "Bright parts": [110, 255], "Dark parts": [0, 120] },
  Mammogram: { "Bright parts": [110, 255] },
  "Fundus photograph": { [GREEN]: [0, 255] },
};
const PLAIN = "Image, {pane}. Arrow keys move, plus and minus zoom, Home shows all, T changes the window, L measures, R resets.";
const MARKED = "Image, {pane}; the table below lists what is marked. Arrow keys move, plus and minus zoom, Home shows all, T changes the window, L measures, R resets.";
const TEXT = 13; // pixels on the screen, of what is written beside shapes
const initial = () => ({
  zoom: 1, x: 0.5, y: 0.5, low: 0, high: 255, preset: "As it is", look: "",
  opacity: 0.25, mode: "both", difference: false, only: "", swipe: null, measuring: false, line: null, cursor: null,
});
const stage = new Stage(initial);
const first = () => [...stage.views][0];
// A heat map begins less transparent than a mask does; the image of the case says nothing of it.
function opacity() {
  const { dataset } = [...stage.views].find((view) => view.dataset.opacity) ?? {};
  return dataset ? { opacity: Number(dataset.opacity) } : {};
}
const compares = () => ["left", "right"].every((side) => stage.view(side));
const comparing = new Comparing(stage, () => compares() && marked(), () => compares() && differ());

class ImageView extends HTMLElement {
  async connectedCallback() {
    stage.join(this);
    if (this.dataset.opacity) stage.change(opacity());
    const [base, ...layers] = this.querySelectorAll("img");
    await Promise.all([base, ...layers].map((image) => image.decode().catch(() => {})));
    if (!this.isConnected || !base.naturalWidth) return;
    this.extent = { width: base.naturalWidth, height: base.naturalHeight, columns: base.naturalWidth, rows: base.naturalHeight };
    this.base = base;
    this.own = this.querySelector("svg.shapes");
    this.layers = layers.filter((image) => image.naturalWidth).map((image) => layerOf(image, this.extent));
    this.union = unionOf(this.layers, this.extent);
    this.canvas = addCanvas(this, said(this.union || this.own ? MARKED : PLAIN, { pane: paneOf(this) }));
    this.divider = new Divider(this, stage);
    navigate(this, stage, actsOf(this));
    makeTools(this);
    this.dataset.ready = this.dataset.looks = "1";
    this.resized = new ResizeObserver(() => stage.change({})); // marks over it move as well
    this.resized.observe(this);
    for (const view of stage.views) view.compare();
  }

  disconnectedCallback() {
    stage.leave(this);
    this.resized?.disconnect();
    this.canvas?.remove();
    this.divider?.remove();
    forgetShapes(this);
    this.base = this.layers = this.union = this.canvas = this.differenceLayer = null;
    if (stage.views.size) return;
    comparing.blink.stop();
    forgetPictures();
  }

  // The file's other looks: by name, the address of the picture that shows it so.
  get looks() {
    return ofFile(JSON.parse(this.dataset.looksOfFile || "[]"));
  }

  // As the file asked for it to be shown, once that has come.
  get picture() {
    const { look } = stage.state;
    const [url] = (look && this.looks[look]) || [];
    return (url && pictureOf(url, () => stage.change({}))) || this.base;
  }

  // Who marked what, of all views together.
  compare() {
    if (!this.canvas) return;
    const { columns, rows } = this.extent;
    const of = (side) => {
      const view = stage.view(side);
      return view?.union?.length === columns * rows ? view.union : null;
    };
    const stripe = Math.max(1, Math.round(Math.max(columns, rows) / 300));
    this.differenceLayer = SIDES[this.dataset.side] && (of("left") || of("right")) ? differenceOf(of("left"), of("right"), columns, rows, { stripe }) : null;
    this.draw();
  }

  draw() {
    if (!this.canvas) return;
    const { state } = stage;
    this.toggleAttribute("data-zoomed", state.zoom > 1 || state.measuring);
    const pen = penOf(this);
    if (!pen) return;
    const scale = placeOn(pen, this, state);
    pen.imageSmoothingEnabled = scale < 2;
    const parts = shown(this);
    const { width, height } = this.extent;
    for (const part of parts) clipped(pen, part, (cut) => cut.drawImage(part.view.picture, 0, 0, width, height));
    windowed(pen, state, state.preset === GREEN);
    for (const part of parts) clipped(pen, part, (cut) => this.drawLayers(cut, part.view.layers));
    this.drawWords(pen, scale);
    this.showShapes(scale, parts);
    this.divider.show(parts.length === 2);
  }

  drawLayers(pen, layers) {
    const { mode, difference, opacity } = stage.state;
    const fills = mode === "fill" || mode === "both" ? layers.map((layer) => layer.fill) : [];
    const { columns, rows } = this.extent;
    pen.globalAlpha = difference ? Math.max(0.6, opacity) : opacity;
    for (const filled of difference ? [this.differenceLayer] : fills) if (filled) pen.drawImage(filled, 0, 0, columns, rows);
    pen.globalAlpha = 1;
    if (difference || mode === "fill" || mode === "none") return;
    for (const line of [...layers.map((layer) => layer.rim), ...layers.map((layer) => layer.contour)]) pen.drawImage(line, 0, 0, columns, rows);
  }

  drawWords(pen, scale) {
    const { state } = stage;
    const mm = Number(this.dataset.mmPerPixel);
    if (this.dataset.sides) sides(pen, this.dataset.sides.split(" "));
    if (mm) scaleBar(pen, scale / mm);
    drawLine(pen, this, stage);
    if (state.only && !state.difference && compares()) words(pen, said("Shown: {pane}", { pane: said(state.only) }), 8 * devicePixelRatio, 18 * devicePixelRatio);
    if (state.cursor && compares()) cross(pen, pixelAt(this, state, state.cursor));
  }

  showShapes(scale, parts) {
    const { state } = stage;
    this.dataset.mode = state.difference ? "both" : state.mode;
    this.toggleAttribute("data-difference", state.difference);
    for (const shapes of takeShapes(this, parts)) {
      placeShapes(shapes, this, state, scale, TEXT);
      shapes.setAttribute("fill-opacity", state.opacity);
    }
  }

  lengthOf(from, to) {
    const { width, height } = this.extent;
    const mm = Number(this.dataset.mmPerPixel);
    const perRow = Number(this.dataset.mmPerRow) || mm;
    const length = Math.hypot((to.x - from.x) * width * (mm || 1), (to.y - from.y) * height * (perRow || 1));
    return mm ? `${figure(length, 1)} mm` : said("{n} pixels", { n: Math.round(length) });
  }

  // Pixels of the image under a place on the screen, and back: for marks drawn over it.
  imagePoint(clientX, clientY) {
    const { x, y } = shareAt(this, stage.state, { clientX, clientY });
    return { x: x * this.extent.width, y: y * this.extent.height };
  }

  screenPoint(x, y) {
    return screenAt(this, stage.state, { x: x / this.extent.width, y: y / this.extent.height });
  }

  // The middle of a mark into the middle of the view.
  reveal({ x, y, width, height }) {
    const middle = [(x + width / 2) / this.extent.width, (y + height / 2) / this.extent.height];
    if (stage.state.zoom > 1) stage.look({ x: within(middle[0], 0, 1), y: within(middle[1], 0, 1) });
  }

  // A place with as much around it as it has itself.
  enter({ x, y, width, height }) {
    const { width: across, height: down } = this.extent;
    const zoom = within(Math.min(across / width, down / height) / 2, 1, CLOSEST);
    stage.look({ zoom, x: within((x + width / 2) / across, 0, 1), y: within((y + height / 2) / down, 0, 1) });
  }
}

function actsOf(view) {
  const end = (dx, dy) => (event) => lineMoved(stage, view.extent, event, dx, dy) || stage.moveBy((0.08 * dx) / stage.state.zoom, (0.08 * dy) / stage.state.zoom);
  return {
    begin: (event) => event.button === 2 || event.shiftKey || lineBegun(view, stage, event),
    go(event, before) {
      if (stage.state.measuring && event.buttons === 1 && !event.shiftKey) return lineDrawn(view, stage, event);
      const { low, high } = stage.state;
      const across = event.clientX - before.clientX;
      const down = event.clientY - before.clientY;
      stage.look({ low: low + down - across, high: Math.max(high + down + across, low + down - across + 1), preset: "" });
    },
    hover(event) {
      if (!compares() || event.pointerType !== "mouse") return;
      const at = shareAt(view, stage.state, event);
      stage.change({ cursor: at.x >= 0 && at.x < 1 && at.y >= 0 && at.y < 1 ? at : null });
    },
    leave() { if (stage.state.cursor) stage.change({ cursor: null }); },
    keys: {
      ...LETTERS,
      ArrowLeft: end(-1, 0), ArrowRight: end(1, 0), ArrowUp: end(0, -1), ArrowDown: end(0, 1),
    },
  };
}

// One meaning for each, whatever is in focus (arena/accounts/keys.py).
const LETTERS = {
  l: toRuler,
  r: reset,
  t: () => toPreset(after(Object.keys(windowsOf(first())), stage.state.preset)),
};

function toRuler() {
  toMeasure(stage, !stage.state.measuring);
  stage.focus();
}

function reset() {
  comparing.blink.stop();
  stage.change({ ...initial(), ...opacity() });
}

const looksOfFiles = () => Object.assign({}, ...[...stage.views].map((view) => view.looks));

function windowsOf(view) {
  return { ...WINDOWS, ...looksOfFiles(), ...BY_MODALITY[view.dataset.modality] };
}

function toPreset(preset) {
  const [low, high] = Object.assign({}, WINDOWS, ...Object.values(BY_MODALITY))[preset] ?? WINDOWS["As it is"];
  stage.look({ low, high, preset, look: preset in looksOfFiles() ? preset : "" });
}

const shown = (view) => shownIn(view, stage, (other) => other.layers);

function makeTools(view) {
  const bar = stage.tools ? null : makeBar(view, "Tools of the images");
  if (!bar) return;
  const marks = marked() ? markTools() : differ() ? comparing.exchanges("image") : [];
  stage.tools = fill(bar, [
    ...marks,
    button("−", () => stage.zoomBy(0.8), { title: "Zoom out", name: "out" }), button("+", () => stage.zoomBy(1.25), { title: "Zoom in", name: "in" }),
    button("Show all", () => stage.showAll(), { name: "all" }),
    legend(told),
  ], [
    choice("Window", [...Object.keys(windowsOf(view)).map((name) => [name, name]), ["", "own"]], toPreset, (state) => state.preset),
    button("Measure", () => toMeasure(stage, !stage.state.measuring), { pressed: (state) => state.measuring }),
    button("Reset", reset, { name: "reset", title: "Reset: show everything as it was at first" }),
  ]);
  stage.tools.show(stage.state);
}

function markTools() {
  const toggles = Object.entries(MODES).map(([mode, name]) => button(name, () => comparing.toMode(mode), { name: mode, pressed: (state) => !state.difference && state.mode === mode }));
  return [comparing.opacity(), ...toggles, comparing.difference(), ...comparing.exchanges()];
}

// A picture that a system made has nothing marked on it; the two sides show different ones.
function marked() {
  return [...stage.views].some((view) => view.own ?? view.querySelector("svg.shapes, .image-view__layer"));
}

function differ() {
  const [left, right] = ["left", "right"].map((side) => stage.view(side)?.querySelector("img").src);
  return left && right && left !== right;
}

function told(state) {
  const zoom = state.zoom > 1 ? `${figure(state.zoom, 1)}×` : "";
  const layers = [...stage.views].some((view) => view.differenceLayer);
  const difference = layers ? ["left", "right", "both"].map((who) => said(MEETINGS[who].name)).join("; ") : said("Blue: only on this side. White: on both.");
  const swipe = state.swipe === null ? "" : swipeTold(state);
  return [swipe, zoom, lineTold(stage, first()), state.difference ? difference : ""].filter(Boolean).join(" · ");
}

// Before there is anything to see, a letter does nothing.
const whenSeen = ([letter, act]) => [letter, () => { if (first()?.canvas) act(); }];

pageKeys(stage, {
  ...Object.fromEntries(Object.entries(LETTERS).map(whenSeen)),
  ...comparing.keys,
});

customElements.define("c-image", ImageView);
