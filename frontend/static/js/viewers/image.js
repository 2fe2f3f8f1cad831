// <c-image>: an image with mask layers on a canvas, and shapes (boxes, points, outlines) as SVG over
// it. All views of a page share one state, so both panes always show the same place at the same
// size. Without this file the layers are plain <img> below the same SVG.
//
// For the desk it says `consilium:looked` when the reader enlarged or moved the image and
// `consilium:view` whenever it shows another place, and turns places on the screen into places of the
// image and back (docs/add-an-output-kind.md).

const MODES = { both: "Contour and fill", contour: "Contour", fill: "Fill", none: "Nothing" };
const DIFFERENCE = { mine: [0, 229, 255], both: [255, 255, 255] };
const TEXT = 13; // pixels on the screen, of what is written beside shapes
const DARK = [0, 0, 0, 190]; // beside a contour, so that it stands out from light tissue as well
const initial = (opacity = 0.25) => ({ zoom: 1, x: 0.5, y: 0.5, opacity, mode: "both", difference: false });

let state = initial();
const views = new Set();

function change(part) {
  state = { ...state, ...part };
  for (const view of views) view.draw();
  showTools();
  document.dispatchEvent(new CustomEvent("consilium:view"));
}

function look(part) {
  change(part);
  document.dispatchEvent(new CustomEvent("consilium:looked"));
}

class ImageView extends HTMLElement {
  async connectedCallback() {
    if (!views.size) state = initial(Number(this.dataset.opacity) || undefined);
    views.add(this);
    const [base, ...layers] = this.querySelectorAll("img");
    await Promise.all([base, ...layers].map((image) => image.decode().catch(() => {})));
    if (!this.isConnected || !base.naturalWidth) return;
    this.size = { width: base.naturalWidth, height: base.naturalHeight };
    this.base = base;
    this.shapes = this.querySelector("svg.shapes");
    this.layers = layers.filter((image) => image.naturalWidth).map((image) => layerOf(image, this.size));
    this.union = unionOf(this.layers, this.size);
    this.addCanvas();
    makeTools(this);
    this.dataset.ready = this.dataset.looks = "1";
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this);
    for (const view of views) view.compare();
  }

  disconnectedCallback() {
    views.delete(this);
    this.resized?.disconnect();
    this.canvas?.remove();
    this.base = this.layers = this.union = this.canvas = this.shapes = null;
  }

  addCanvas() {
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `Image with marked regions, ${this.dataset.side}; the table below lists them. Arrow keys move, plus and minus zoom, Home shows all.`);
    this.append(this.canvas, ...(this.shapes ? [this.shapes] : []));
    this.canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => this.canvas.setPointerCapture(event.pointerId));
    this.canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const type of ["touchstart", "touchmove", "touchend"]) {
      this.canvas.addEventListener(type, (event) => this.pinch(event), { passive: false });
    }
    this.canvas.addEventListener("dblclick", () => change({ zoom: 1, x: 0.5, y: 0.5 }));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  // What only this side marked, and what both did.
  compare() {
    const other = [...views].find((view) => view !== this && view.union);
    if (!this.union) return;
    const pixels = new ImageData(this.size.width, this.size.height);
    this.union.forEach((set, i) => {
      if (set) pixels.data.set([...(other?.union[i] ? DIFFERENCE.both : DIFFERENCE.mine), 255], 4 * i);
    });
    this.differenceLayer = canvasOf(pixels);
    this.draw();
  }

  scale() {
    const { width, height } = this.canvas;
    return Math.min(width / this.size.width, height / this.size.height) * state.zoom;
  }

  draw() {
    if (!this.canvas) return;
    this.toggleAttribute("data-zoomed", state.zoom > 1);
    const ratio = devicePixelRatio;
    const width = Math.round(this.clientWidth * ratio);
    const height = Math.round(this.clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const pen = this.canvas.getContext("2d");
    if (!width || !height) return;
    const scale = this.scale();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.setTransform(scale, 0, 0, scale, width / 2 - state.x * this.size.width * scale, height / 2 - state.y * this.size.height * scale);
    pen.imageSmoothingEnabled = scale < 2;
    pen.drawImage(this.base, 0, 0);
    this.drawLayers(pen);
    this.drawRuler(pen, scale, height);
    this.showShapes(scale, width, height);
  }

  // The part of the image that the canvas shows; lines and text keep their size on the screen.
  showShapes(scale, width, height) {
    this.dataset.mode = state.difference ? "both" : state.mode;
    this.toggleAttribute("data-difference", state.difference);
    if (!this.shapes) return;
    const left = state.x * this.size.width - width / scale / 2;
    const top = state.y * this.size.height - height / scale / 2;
    this.shapes.setAttribute("viewBox", `${left} ${top} ${width / scale} ${height / scale}`);
    this.shapes.setAttribute("font-size", (TEXT * devicePixelRatio) / scale);
    this.shapes.setAttribute("fill-opacity", state.opacity);
  }

  drawLayers(pen) {
    const { mode, difference, opacity } = state;
    const fills = mode === "fill" || mode === "both" ? this.layers.map((layer) => layer.fill) : [];
    pen.globalAlpha = difference ? Math.max(0.5, opacity) : opacity;
    for (const fill of difference ? [this.differenceLayer] : fills) pen.drawImage(fill, 0, 0);
    pen.globalAlpha = 1;
    if (difference || mode === "fill" || mode === "none") return;
    for (const layer of this.layers) pen.drawImage(layer.contour, 0, 0);
  }

  drawRuler(pen, scale, height) {
    const mm = Number(this.dataset.mmPerPixel);
    if (!mm) return;
    const room = (120 * devicePixelRatio * mm) / scale;
    const step = [1, 2, 5, 10, 20, 50, 100, 200].filter((length) => length <= room).pop();
    if (!step) return;
    const unit = devicePixelRatio;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#fff";
    pen.strokeStyle = "#000";
    pen.lineWidth = unit;
    const length = (step / mm) * scale;
    pen.fillRect(12 * unit, height - 16 * unit, length, 4 * unit);
    pen.strokeRect(12 * unit, height - 16 * unit, length, 4 * unit);
    pen.font = `${12 * unit}px system-ui, sans-serif`;
    pen.lineWidth = 3 * unit;
    pen.strokeText(`${step} mm`, 12 * unit, height - 22 * unit);
    pen.fillText(`${step} mm`, 12 * unit, height - 22 * unit);
  }

  wheel(event) {
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 400));
  }

  // Pixels of the image under a place on the screen, and back.
  imagePoint(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.scale() / devicePixelRatio;
    return {
      x: (clientX - box.left - box.width / 2) / scale + state.x * this.size.width,
      y: (clientY - box.top - box.height / 2) / scale + state.y * this.size.height,
    };
  }

  screenPoint(x, y) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.scale() / devicePixelRatio;
    return {
      x: (x - state.x * this.size.width) * scale + box.left + box.width / 2,
      y: (y - state.y * this.size.height) * scale + box.top + box.height / 2,
    };
  }

  // Two fingers: what was between them stays between them.
  pinch(event) {
    const [one, other] = event.touches;
    if (!other) { this.fingers = null; return; }
    event.preventDefault();
    const fingers = {
      x: (one.clientX + other.clientX) / 2,
      y: (one.clientY + other.clientY) / 2,
      apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
    };
    if (this.fingers) this.follow(this.fingers, fingers);
    this.fingers = fingers;
  }

  follow(before, now) {
    const held = this.imagePoint(before.x, before.y);
    zoomBy(now.apart / before.apart);
    const under = this.imagePoint(now.x, now.y);
    moveBy((held.x - under.x) / this.size.width, (held.y - under.y) / this.size.height);
  }

  drag(event) {
    // A finger on the whole image scrolls the page, as everywhere else.
    if (!event.buttons || this.fingers || (event.pointerType === "touch" && state.zoom === 1)) return;
    const scale = this.scale() / devicePixelRatio;
    moveBy(-event.movementX / scale / this.size.width, -event.movementY / scale / this.size.height);
  }

  key(event) {
    const step = 0.08 / state.zoom;
    const act = {
      ArrowLeft: () => moveBy(-step, 0), ArrowRight: () => moveBy(step, 0),
      ArrowUp: () => moveBy(0, -step), ArrowDown: () => moveBy(0, step),
      "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8),
      Home: () => change({ zoom: 1, x: 0.5, y: 0.5 }),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

const within = (value, low, high) => Math.min(high, Math.max(low, value));
const zoomBy = (factor) => look({ zoom: within(state.zoom * factor, 1, 24) });
const moveBy = (dx, dy) => look({ x: within(state.x + dx, 0, 1), y: within(state.y + dy, 0, 1) });

function canvasOf(pixels) {
  const canvas = Object.assign(document.createElement("canvas"), { width: pixels.width, height: pixels.height });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

function layerOf(image, { width, height }) {
  const fill = Object.assign(document.createElement("canvas"), { width, height });
  const pen = fill.getContext("2d", { willReadFrequently: true });
  pen.imageSmoothingEnabled = false; // coarse weights are shown as coarse as they are
  pen.drawImage(image, 0, 0, width, height);
  const pixels = pen.getImageData(0, 0, width, height);
  const set = Uint8Array.from({ length: width * height }, (_, i) => (pixels.data[4 * i + 3] > 127 ? 1 : 0));
  return { fill, contour: contourOf(pixels, set, width, height), set };
}

// A light line on the rim of the region and a dark one around it; wider on large images.
function contourOf(pixels, set, width, height) {
  const line = new ImageData(width, height);
  const reach = Math.max(1, Math.round(Math.max(width, height) / 400));
  const at = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? set[y * width + x] : 0);
  for (let y = 0, i = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, i += 1) {
      const near = at(x - reach, y) + at(x + reach, y) + at(x, y - reach) + at(x, y + reach);
      if (set[i] && near < 4) line.data.set([...pixels.data.subarray(4 * i, 4 * i + 3), 255], 4 * i);
      if (!set[i] && near > 0) line.data.set(DARK, 4 * i);
    }
  }
  return canvasOf(line);
}

function unionOf(layers, { width, height }) {
  const union = new Uint8Array(width * height);
  for (const layer of layers) layer.set.forEach((set, i) => { union[i] |= set; });
  return union;
}

// Tools: made here because without this file there is nothing to steer.
let tools = null;

function makeTools(view) {
  const panes = view.closest(".panes");
  if (!panes || panes.querySelector(".viewer-tools")) return;
  tools = document.createElement("div");
  tools.className = "viewer-tools";
  tools.setAttribute("role", "group");
  tools.setAttribute("aria-label", "Both images");
  const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 100, value: 100 * state.opacity });
  range.addEventListener("input", () => change({ opacity: range.value / 100 }));
  const label = document.createElement("label");
  label.append("Opacity", range);
  tools.append(label, ...Object.entries(MODES).map(([mode, name]) => toolButton(name, mode, () => change({ mode, difference: false }))));
  tools.append(toolButton("Difference", "difference", () => change({ difference: !state.difference })));
  tools.append(toolButton("−", "out", () => zoomBy(0.8), "Zoom out"), toolButton("+", "in", () => zoomBy(1.25), "Zoom in"));
  tools.append(toolButton("Show all", "all", () => change({ zoom: 1, x: 0.5, y: 0.5 })));
  const legend = document.createElement("span");
  legend.className = "viewer-legend";
  legend.setAttribute("role", "status");
  tools.append(legend);
  panes.prepend(tools);
  showTools();
}

function toolButton(text, name, act, title = text) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--small", textContent: text, title });
  button.dataset.tool = name;
  button.setAttribute("aria-label", title);
  button.addEventListener("click", act);
  return button;
}

function showTools() {
  if (!tools) return;
  for (const button of tools.querySelectorAll("[data-tool]")) {
    const name = button.dataset.tool;
    if (name in MODES) button.setAttribute("aria-pressed", String(!state.difference && state.mode === name));
    if (name === "difference") button.setAttribute("aria-pressed", String(state.difference));
  }
  const zoom = state.zoom > 1 ? `${state.zoom.toFixed(1)}×` : "";
  const legend = state.difference ? "Blue: only on this side. White: on both." : "";
  tools.querySelector(".viewer-legend").textContent = [zoom, legend].filter(Boolean).join(" · ");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !views.size || document.body.dataset.shortcuts === "off") return;
  if (event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [popover]")) return;
  if (event.key === "d") change({ difference: !state.difference });
  if (event.key === "c") change({ mode: after(state.mode), difference: false });
});

function after(mode) {
  const names = Object.keys(MODES);
  return names[(names.indexOf(mode) + 1) % names.length];
}

customElements.define("c-image", ImageView);
