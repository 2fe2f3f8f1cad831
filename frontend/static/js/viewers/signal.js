// <c-signal>: calipers over the pictures of a signal, and its size on the screen. Without this file the
// pictures are read by their paper or axes.

import { button, figure, fill, legend, said } from "./tools.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTHS = [100, 150, 200, 300]; // per cent of the pane
const STEP = 0.2; // units of the picture for an arrow key; with Shift five times as much
const within = (value, low, high) => Math.min(high, Math.max(low, value));

class SignalView extends HTMLElement {
  connectedCallback() {
    this.state = { width: 100, calipers: false };
    this.ends = [];
    this.bar = document.createElement("div");
    this.bar.className = "viewer-tools";
    this.bar.setAttribute("role", "group");
    this.bar.setAttribute("aria-label", said("Tools of the signal"));
    this.tools = fill(this.bar, [
      button("Calipers", () => this.toggle(), { pressed: (state) => state.calipers }),
      button("−", () => this.size(-1), { title: "Smaller" }), button("+", () => this.size(1), { title: "Larger" }),
      legend(() => this.told()),
    ]);
    this.prepend(this.bar);
    this.addEventListener("pointerdown", this);
    this.tools.show(this.state);
    this.dataset.ready = "1";
  }

  disconnectedCallback() {
    this.bar.remove();
    this.overlay?.remove();
    this.overlay = null;
  }

  size(by) {
    const at = within(WIDTHS.indexOf(this.state.width) + by, 0, WIDTHS.length - 1);
    this.state.width = WIDTHS[at];
    for (const strip of this.strips()) strip.style.width = `${WIDTHS[at]}%`;
    this.tools.show(this.state);
    document.dispatchEvent(new CustomEvent("consilium:looked"));
  }

  strips() {
    return [...this.querySelectorAll(".signal__strip")];
  }

  toggle() {
    this.state.calipers = !this.state.calipers;
    if (this.state.calipers) this.place(this.inView());
    else this.overlay?.remove();
    if (!this.state.calipers) this.overlay = null;
    this.tools.show(this.state);
  }

  // The strip that is nearest to the top of what is seen.
  inView() {
    const strips = this.strips();
    return strips.find((strip) => strip.getBoundingClientRect().bottom > 40) ?? strips[0];
  }

  // A press on another strip takes the calipers there.
  handleEvent(event) {
    const strip = event.target.closest(".signal__strip");
    if (this.state.calipers && strip && strip !== this.overlay?.parentElement) this.place(strip);
  }

  place(strip) {
    this.overlay?.remove();
    const image = strip.querySelector("img");
    const [width, height] = ["width", "height"].map((side) => Number(image.getAttribute(side)));
    this.box = { width, height };
    this.image = image;
    this.overlay = shape("svg", { class: "calipers", viewBox: `0 0 ${width} ${height}` });
    this.cross = shape("path", { class: "calipers__line" });
    this.overlay.append(this.cross);
    this.ends = [0.4, 0.6].map((share, i) => this.end(i, share * width, height / 2));
    strip.append(this.overlay);
    this.show();
  }

  end(number, x, y) {
    const node = shape("circle", { class: "calipers__end", r: this.box.width / 90, tabindex: 0, role: "slider", "aria-label": said("Caliper {number}", { number: number + 1 }) });
    const end = { node, x, y };
    node.addEventListener("pointerdown", (event) => { node.setPointerCapture(event.pointerId); event.preventDefault(); node.focus(); });
    node.addEventListener("pointermove", (event) => { if (node.hasPointerCapture(event.pointerId)) this.move(end, this.unitsAt(event)); });
    node.addEventListener("keydown", (event) => this.key(event, end));
    this.overlay.append(node);
    return end;
  }

  unitsAt(event) {
    const seen = this.image.getBoundingClientRect();
    return { x: ((event.clientX - seen.left) / seen.width) * this.box.width, y: ((event.clientY - seen.top) / seen.height) * this.box.height };
  }

  key(event, end) {
    const by = STEP * (event.shiftKey ? 5 : 1);
    const [dx, dy] = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] }[event.key] ?? [];
    if (dx === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(end, { x: end.x + dx, y: end.y + dy });
  }

  move(end, { x, y }) {
    end.x = within(x, 0, this.box.width);
    end.y = within(y, 0, this.box.height);
    this.show();
  }

  show() {
    const [one, other] = this.ends;
    for (const { node, x, y } of this.ends) {
      node.setAttribute("cx", x);
      node.setAttribute("cy", y);
      node.setAttribute("aria-valuenow", x.toFixed(1));
      node.setAttribute("aria-valuetext", this.told());
    }
    const { height } = this.box;
    const across = this.perValue ? `M${Math.min(one.x, other.x)} ${one.y}H${Math.max(one.x, other.x)}M${Math.min(one.x, other.x)} ${other.y}H${Math.max(one.x, other.x)}` : "";
    this.cross.setAttribute("d", `M${one.x} 0V${height}M${other.x} 0V${height}${across}`);
    this.tools.show(this.state);
  }

  get perValue() {
    return Number(this.dataset.valuePerUnit) || 0;
  }

  // Seconds of a unit of the picture: of paper always the same, of a chart by what it spans.
  get perSecond() {
    return Number(this.dataset.secondsPerUnit ?? this.overlay.parentElement.dataset.secondsPerUnit);
  }

  told() {
    if (!this.state.calipers || this.ends.length < 2 || !this.overlay?.parentElement) return this.state.width > 100 ? `${this.state.width} %` : "";
    const [one, other] = this.ends;
    const seconds = Math.abs(other.x - one.x) * this.perSecond;
    const beats = this.dataset.beats && seconds > 0 ? ` (${said("{n} per minute", { n: Math.round(60 / seconds) })})` : "";
    const value = this.perValue ? ` · ${figure(Math.abs(other.y - one.y) * this.perValue, 2)} ${this.dataset.unit}` : "";
    return `${said("Between the calipers: {time}", { time: spelled(seconds) })}${beats}${value}`;
  }
}

function spelled(seconds) {
  if (seconds < 10) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 600) return `${figure(seconds, 1)} s`;
  return seconds < 36_000 ? `${figure(seconds / 60, 1)} min` : `${figure(seconds / 3600, 1)} h`;
}

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

customElements.define("c-signal", SignalView);
