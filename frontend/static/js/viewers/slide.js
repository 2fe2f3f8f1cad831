// <c-slide>: a whole slide, tile by tile, with shapes and layers of a side over it. Without this file a
// small picture of the whole is shown.

import { lengthTold } from "../desk/places.js";
import { Areas } from "./areas.js";
import { lineBegun, lineDrawn } from "./measuring.js";
import { forgetShapes } from "./shapes.js";
import { drawMarks, forgetDifference } from "./slide-marks.js";
import { Overview } from "./slide-overview.js";
import { library, sourceOf } from "./slide-source.js";
import { bring, keep, leads, leave, seenFrom, stage, steer, touch } from "./slide-stage.js";
import { key, makeTools } from "./slide-tools.js";
import { penOf, placeOn, screenAt, shareAt } from "./stage.js";
import { Divider } from "./swipe.js";
import { figure, paneOf, said } from "./tools.js";

const SCALES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]; // micrometres
const added = (view, name, tag = "div") => view.appendChild(Object.assign(document.createElement(tag), { className: `slide-view__${name}` }));

class SlideView extends HTMLElement {
  async connectedCallback() {
    stage.join(this);
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
    leave(this);
    this.viewer?.destroy();
    this.divider?.remove();
    for (const part of [this.box, this.canvas, this.scale, this.overview?.node]) part?.remove();
    forgetShapes(this);
    if (!stage.views.size) forgetDifference();
    this.viewer = this.image = this.areas = this.layers = this.divider = this.overview = null;
  }

  open(OSD) {
    this.box = added(this, "box");
    this.canvas = added(this, "marks", "canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.scale = added(this, "scale");
    this.scale.hidden = true;
    this.dataset.ready = "1";
    this.viewer = OSD({
      element: this.box, drawer: "canvas", tileSources: sourceOf(OSD, this.dataset),
      showNavigationControl: false, showNavigator: false, autoHideControls: false, visibilityRatio: 0.5, maxZoomPixelRatio: 4,
      animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.5,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
    });
    this.viewer.addHandler("open", () => this.opened());
    this.viewer.addHandler("resize", () => { this.resized = true; });
    for (const type of ["animation", "viewport-change"]) this.viewer.addHandler(type, () => this.moved());
    this.viewer.addHandler("update-viewport", () => this.shift());
    this.listen();
  }

  listen() {
    for (const type of ["pointerdown", "wheel", "keydown", "focusin"]) {
      this.addEventListener(type, () => touch(this), { capture: true, passive: true });
    }
    this.viewer.addHandler("canvas-key", (event) => key(this, event));
    this.viewer.addHandler("canvas-press", ({ originalEvent }) => { if (!originalEvent.shiftKey) lineBegun(this, seenFrom(this), originalEvent); });
    for (const type of ["canvas-drag", "canvas-drag-end", "canvas-double-click"]) {
      this.viewer.addHandler(type, (event) => this.draws(event, type === "canvas-drag"));
    }
  }

  // While the ruler is out a drag draws its line; with Shift it moves the slide as ever.
  draws(event, line) {
    const { originalEvent } = event;
    event.preventDefaultAction = stage.state.measuring && !originalEvent.shiftKey;
    if (line && event.preventDefaultAction) lineDrawn(this, seenFrom(this), originalEvent);
  }

  async opened() {
    const image = this.viewer.world.getItemAt(0);
    const { x: width, y: height } = image.source.dimensions;
    const layers = [...this.querySelectorAll(".image-view__layer")];
    await Promise.all(layers.map((layer) => layer.decode().catch(() => {})));
    if (!this.viewer) return;
    this.extent = { width, height };
    this.own = this.querySelector("svg.shapes");
    this.layers = layers.filter((layer) => layer.naturalWidth);
    this.areas = new Areas(this.layers, this.own);
    this.divider = new Divider(this, stage);
    this.overview = new Overview(this);
    this.image = image;
    bring(this);
    this.named();
    makeTools(this);
    this.draw();
    stage.change({});
    this.dataset.looks = "1";
  }

  named() {
    const { canvas } = this.viewer;
    canvas.setAttribute("role", "img");
    const label = "Slide, {pane}. Arrow keys move, plus and minus zoom, Home shows all of it, O changes the objective, L measures.";
    canvas.setAttribute("aria-label", said(label, { pane: paneOf(this) }));
  }

  moved() {
    if (this.resized) {
      this.resized = false;
      bring(this);
    } else if (leads(this)) {
      keep(this);
      for (const view of stage.views) if (view !== this) view.follow(this);
      document.dispatchEvent(new CustomEvent("consilium:looked"));
    }
    stage.tools?.show(stage.state);
  }

  follow(other) {
    if (!this.viewer?.viewport) return;
    const { viewport: own } = this.viewer;
    const { viewport } = other.viewer;
    own.zoomTo(viewport.getZoom(true) * (own.getHomeZoom() / viewport.getHomeZoom()), null, true);
    own.panTo(viewport.getCenter(true), true);
  }

  // As large as OpenSeadragon knows it to be: asked of the page, it would be laid out anew at each step.
  get room() {
    const { x, y } = this.viewer.viewport.getContainerSize();
    return { canvas: this.canvas, clientWidth: x, clientHeight: y };
  }

  // Where the view is: times the whole slide, and its middle in shares of it.
  get seen() {
    const { x, y, width, height } = this.image.viewportToImageRectangle(this.viewer.viewport.getBounds(true));
    const { clientWidth, clientHeight } = this.room;
    const fit = Math.min(clientWidth / this.extent.width, clientHeight / this.extent.height);
    return { zoom: clientWidth / width / fit, x: (x + width / 2) / this.extent.width, y: (y + height / 2) / this.extent.height };
  }

  // With the tissue and not a frame later, or what lies over it would swim.
  shift() {
    if (!this.image) return;
    this.draw();
    document.dispatchEvent(new CustomEvent("consilium:view"));
  }

  draw() {
    if (!this.image) return;
    const { state } = seenFrom(this);
    this.toggleAttribute("data-measuring", state.measuring);
    const pen = penOf(this.room);
    if (!pen) return;
    const scale = placeOn(pen, this, state);
    drawMarks(this, pen, state, scale);
    this.showScale(scale / devicePixelRatio);
    this.overview.show(state, this.canvas.width / scale, this.canvas.height / scale);
  }

  showScale(perPixel) {
    const micron = perPixel / (1000 * Number(this.dataset.mmPerPixel || 0));
    const length = Number.isFinite(micron) ? SCALES.filter((step) => step * micron <= 140).pop() : 0;
    this.scale.hidden = !length;
    if (!length) return;
    this.scale.style.width = `${length * micron}px`;
    this.scale.textContent = length < 1000 ? `${length} µm` : `${figure(length / 1000)} mm`;
  }

  lengthOf(from, to) {
    const pixels = Math.hypot((to.x - from.x) * this.extent.width, (to.y - from.y) * this.extent.height);
    const mm = Number(this.dataset.mmPerPixel);
    return mm ? lengthTold(pixels * mm) : said("{n} pixels", { n: figure(Math.round(pixels)) });
  }

  // Pixels of the slide under a place on the screen, and back: for marks drawn over it.
  imagePoint(clientX, clientY) {
    const { x, y } = shareAt(this, this.seen, { clientX, clientY });
    return { x: x * this.extent.width, y: y * this.extent.height };
  }

  screenPoint(x, y) {
    return screenAt(this, this.seen, { x: x / this.extent.width, y: y / this.extent.height });
  }

  // The middle of a mark into the middle of the view, in all panes.
  reveal({ x, y, width, height }) {
    touch(this);
    this.goTo(x + width / 2, y + height / 2);
  }

  // A place with as much around it as it has itself.
  enter({ x, y, width, height }) {
    touch(this);
    const place = this.image.imageToViewportRectangle(x - width / 2, y - height / 2, 2 * width, 2 * height);
    steer((viewport) => viewport.fitBoundsWithConstraints(place));
  }

  goTo(x, y) {
    steer((viewport) => viewport.panTo(this.image.imageToViewportCoordinates(x, y)));
  }
}

customElements.define("c-slide", SlideView);
