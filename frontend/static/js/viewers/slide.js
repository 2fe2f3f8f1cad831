// <c-slide>: a whole slide, tile by tile, with shapes and layers of a side over it. Without this file a
// small picture of the whole is shown.
//
// The pane the reader touched last leads, and only it moves the others: two that pushed each other
// would cut each other's motion short.

import { button, figure, fill, legend, makeBar, paneOf, said, slider } from "./tools.js";

const KEPT_KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "=", "-", "_"];
const SCALES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]; // micrometres
const views = new Set();
let leader = null;
let opacity = 0.4;
let tools = null;
let loading = null;

class SlideView extends HTMLElement {
  async connectedCallback() {
    views.add(this);
    this.shapes = this.querySelector("svg.shapes");
    try {
      const OSD = await library(this.dataset.library);
      if (!this.isConnected) return;
      this.open(OSD);
    } catch (error) {
      const place = this.querySelector(".viewer-waits");
      if (place) place.textContent = said("The slide cannot be enlarged here ({problem}).", { problem: error.message });
    }
  }

  disconnectedCallback() {
    views.delete(this);
    if (leader === this) leader = null;
    if (!views.size) tools = null;
    this.viewer?.destroy();
    this.viewer = this.image = null;
    this.box?.remove();
    this.scale?.remove();
  }

  open(OSD) {
    this.box = Object.assign(document.createElement("div"), { className: "slide-view__box" });
    this.scale = Object.assign(document.createElement("div"), { className: "slide-view__scale", hidden: true });
    this.append(this.box, this.scale, ...(this.shapes ? [this.shapes] : []));
    this.dataset.ready = "1";
    this.viewer = OSD({
      element: this.box, drawer: "canvas", tileSources: sourceOf(OSD, this.dataset),
      showNavigationControl: false, showNavigator: false, autoHideControls: false, visibilityRatio: 0.5, maxZoomPixelRatio: 4,
      smoothTileEdgesMinZoom: Infinity, // or a layer is drawn small and blurred as it is enlarged
      animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.5,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    });
    this.viewer.addHandler("open", () => this.opened(OSD));
    this.viewer.addHandler("canvas-key", (event) => { event.preventDefaultAction = !KEPT_KEYS.includes(event.originalEvent.key); });
    this.viewer.addHandler("tile-drawing", ({ tiledImage, context }) => {
      // Coarse weights are shown as coarse as they are: smoothed, they would tint places without weight.
      context.imageSmoothingEnabled = tiledImage === this.viewer.world.getItemAt(0);
    });
    for (const type of ["animation", "viewport-change", "resize"]) this.viewer.addHandler(type, () => this.moved());
    this.viewer.addHandler("update-viewport", () => this.overlay());
    for (const type of ["pointerdown", "wheel", "keydown", "focusin"]) {
      this.addEventListener(type, () => { leader = this; }, { capture: true, passive: true });
    }
  }

  opened(OSD) {
    const image = this.viewer.world.getItemAt(0);
    for (const layer of this.querySelectorAll(".image-view__layer")) {
      this.viewer.addTiledImage({ tileSource: sheetOf(OSD, layer.src, image.source.dimensions), x: 0, y: 0, width: 1, opacity });
    }
    this.image = image;
    const canvas = this.viewer.canvas;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", said("Slide, {pane}. Arrow keys move, plus and minus zoom.", { pane: paneOf(this) }));
    this.dataset.looks = "1";
    makeTools(this);
    this.overlay();
  }

  moved() {
    if (leader === this) {
      for (const view of views) if (view !== this) view.follow(this);
      document.dispatchEvent(new CustomEvent("consilium:looked"));
    }
    this.overlay();
    tools?.show({});
  }

  follow(other) {
    if (!this.viewer?.viewport) return;
    const { viewport } = other.viewer;
    this.viewer.viewport.zoomTo(viewport.getZoom(true), null, true);
    this.viewer.viewport.panTo(viewport.getCenter(true), true);
  }

  // What lies over the slide: shapes at their pixels, and the scale.
  overlay() {
    if (!this.image) return;
    const { viewport } = this.viewer;
    const seen = this.image.viewportToImageRectangle(viewport.getBounds(true));
    if (this.shapes) {
      this.shapes.setAttribute("viewBox", `${seen.x} ${seen.y} ${seen.width} ${seen.height}`);
      this.shapes.setAttribute("font-size", (13 * seen.width) / this.clientWidth);
      this.shapes.setAttribute("fill-opacity", opacity / 2);
    }
    this.showScale(this.clientWidth / seen.width);
    document.dispatchEvent(new CustomEvent("consilium:view"));
  }

  showScale(perPixel) {
    const micron = perPixel / (1000 * Number(this.dataset.mmPerPixel || 0));
    const length = Number.isFinite(micron) ? SCALES.filter((step) => step * micron <= 140).pop() : 0;
    this.scale.hidden = !length;
    if (!length) return;
    this.scale.style.width = `${length * micron}px`;
    this.scale.textContent = length < 1000 ? `${length} µm` : `${figure(length / 1000)} mm`;
  }

  // Pixels of the slide under a place on the screen, and back: for marks drawn over it.
  imagePoint(clientX, clientY) {
    const box = this.getBoundingClientRect();
    const seen = this.image.viewportToImageRectangle(this.viewer.viewport.getBounds(true));
    return { x: seen.x + ((clientX - box.left) / box.width) * seen.width, y: seen.y + ((clientY - box.top) / box.height) * seen.height };
  }

  // The middle of a mark into the middle of the view, in all panes.
  reveal({ x, y, width, height }) {
    leader = this;
    this.viewer.viewport.panTo(this.image.imageToViewportCoordinates(x + width / 2, y + height / 2));
  }

  // A place with as much around it as it has itself.
  enter({ x, y, width, height }) {
    leader = this;
    const place = this.image.imageToViewportRectangle(x - width / 2, y - height / 2, 2 * width, 2 * height);
    this.viewer.viewport.fitBoundsWithConstraints(place);
  }

  screenPoint(x, y) {
    const box = this.getBoundingClientRect();
    const seen = this.image.viewportToImageRectangle(this.viewer.viewport.getBounds(true));
    return { x: box.left + ((x - seen.x) / seen.width) * box.width, y: box.top + ((y - seen.y) / seen.height) * box.height };
  }
}

// Loaded once, by its own address: it is no module.
function library(address) {
  loading ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: address });
    script.addEventListener("load", () => done(window.OpenSeadragon));
    script.addEventListener("error", () => { loading = null; failed(new Error(said("the viewer was not found"))); });
    document.head.append(script);
  });
  return loading;
}

// Levels may have any size; the library counts them from the smallest.
function sourceOf(OSD, { url, levels: listed }) {
  const levels = listed.split(";").map((level) => level.split(",").map(Number)).reverse();
  const [width, height, tile] = levels.at(-1);
  const source = new OSD.TileSource({ width, height, tileSize: tile, minLevel: 0, maxLevel: levels.length - 1 });
  const beside = url.slice(0, url.lastIndexOf("/"));
  source.getLevelScale = (level) => levels[level][0] / width;
  source.getTileWidth = (level) => levels[level][2];
  source.getTileHeight = (level) => levels[level][2];
  source.getNumTiles = (level) => new OSD.Point(...levels[level].slice(0, 2).map((side) => Math.ceil(side / levels[level][2])));
  source.getTileUrl = (level, x, y) => `${beside}/tile-${levels.length - 1 - level}-${x}-${y}`;
  return source;
}

// One picture over the whole slide, whatever the shape of its own grid.
function sheetOf(OSD, url, { x: width, y: height }) {
  const source = new OSD.TileSource({ width, height, tileSize: Math.max(width, height), minLevel: 0, maxLevel: 0 });
  source.getTileUrl = () => url;
  return source;
}

function toOpacity(share) {
  opacity = share / 100;
  for (const view of views) {
    for (let i = 1; i < (view.viewer?.world.getItemCount() ?? 0); i += 1) view.viewer.world.getItemAt(i).setOpacity(opacity);
    view.overlay();
  }
}

function steer(act) {
  leader ??= [...views].find((view) => view.image);
  act(leader.viewer.viewport);
}

const tidy = (value) => Number(value.toPrecision(2));

// As on a microscope: a pixel is a micrometre under an objective of ten, by the scanners' custom.
function magnified(zoom, { mmPerPixel }) {
  return mmPerPixel ? `${figure(tidy((0.01 * zoom) / mmPerPixel))}×` : "";
}

function makeTools(view) {
  const bar = makeBar(view, "Tools of the slides");
  if (!bar) return;
  const marked = [...views].some((each) => each.querySelector("svg.shapes, .image-view__layer"));
  tools = fill(bar, [
    button("−", () => steer((viewport) => viewport.zoomBy(1 / 1.5).applyConstraints()), { title: "Zoom out" }),
    button("+", () => steer((viewport) => viewport.zoomBy(1.5).applyConstraints()), { title: "Zoom in" }),
    button("Show all", () => steer((viewport) => viewport.goHome())),
    ...(marked ? [slider("Opacity", { min: () => 0, max: () => 100 }, toOpacity, () => Math.round(100 * opacity))] : []),
    legend(() => {
      const shown = leader ?? view;
      const zoom = shown.image ? shown.image.viewportToImageZoom(shown.viewer.viewport.getZoom(true)) : 0;
      return zoom ? [magnified(zoom, shown.dataset), said("{percent} % of full size", { percent: figure(tidy(100 * zoom)) })].filter(Boolean).join(" · ") : "";
    }),
  ]);
  tools.show({});
}

customElements.define("c-slide", SlideView);
