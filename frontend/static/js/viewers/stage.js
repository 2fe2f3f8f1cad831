// What viewers on a canvas share: one state for all views of a page, so that both panes always show
// the same place in the same way, and the pointer and keys that move about in it. The desk is told by
// `consilium:looked` and `consilium:view` (docs/add-an-output-kind.md).

export const CLOSEST = 24; // times the whole image
export const within = (value, low, high) => Math.min(high, Math.max(low, value));

// ``act`` whenever the window comes to a screen of other pixels, where nothing else changes its size.
export function onOtherScreen(act) {
  const screen = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
  screen.addEventListener("change", () => { act(); onOtherScreen(act); }, { once: true });
}

export class Stage {
  constructor(initial) {
    this.initial = initial;
    this.views = new Set();
    this.state = initial();
    onOtherScreen(() => this.change({}));
  }

  // What one ballot set up is forgotten with the next: a ruler or a window belongs to its image. The
  // next desk stands on the page for a moment beside the one before.
  join(view) {
    const desk = view.closest("#desk");
    if (!this.views.size || desk !== this.desk) Object.assign(this, { desk, state: this.initial(), tools: null });
    this.views.add(view);
  }

  leave(view) {
    this.views.delete(view);
    if (!this.views.size) this.tools = null;
  }

  // All views draw once a frame, however often the state changed since the last.
  change(part) {
    this.state = { ...this.state, ...part };
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    for (const view of this.views) view.draw();
    this.tools?.show(this.state);
    document.dispatchEvent(new CustomEvent("consilium:view"));
  }

  // A change by which the reader looks closer.
  look(part) {
    this.change(part);
    document.dispatchEvent(new CustomEvent("consilium:looked"));
  }

  // About a place of the image, in shares of its sides, that stays where it is on the screen.
  zoomBy(factor, at = { x: this.state.x, y: this.state.y }) {
    const zoom = within(this.state.zoom * factor, 1, CLOSEST);
    const kept = this.state.zoom / zoom;
    this.look({ zoom, x: within(at.x + (this.state.x - at.x) * kept, 0, 1), y: within(at.y + (this.state.y - at.y) * kept, 0, 1) });
  }

  moveBy(dx, dy) {
    this.look({ x: within(this.state.x + dx, 0, 1), y: within(this.state.y + dy, 0, 1) });
  }

  showAll() {
    this.change({ zoom: 1, x: 0.5, y: 0.5 });
  }

  // After a key anywhere on the page: arrow keys then move what it put on the image.
  focus() {
    const canvases = [...this.views].map((view) => view.canvas).filter((canvas) => canvas?.checkVisibility());
    if (!canvases.includes(document.activeElement)) canvases[0]?.focus({ preventScroll: true });
  }

  view(side) {
    return [...this.views].find((view) => view.dataset.side === side);
  }
}

// A focusable canvas at the end of ``view``, as large as it.
export function addCanvas(view, label) {
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  view.append(canvas);
  return canvas;
}

// The pen of a canvas fitted to its element; null where there is nothing to draw on.
export function penOf(view) {
  const { canvas } = view;
  const width = Math.round(view.clientWidth * devicePixelRatio);
  const height = Math.round(view.clientHeight * devicePixelRatio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  if (!width || !height) return null;
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

// Pixels of the canvas per unit of the image, whose sides ``view.extent`` tells.
export function scaleOf(view, { zoom }) {
  const { width, height } = view.extent;
  return Math.min(view.canvas.width / width, view.canvas.height / height) * zoom;
}

// From units of the image to pixels of the canvas.
export function placeOn(pen, view, state) {
  const scale = scaleOf(view, state);
  const { width, height } = view.extent;
  const { canvas } = view;
  pen.setTransform(scale, 0, 0, scale, canvas.width / 2 - state.x * width * scale, canvas.height / 2 - state.y * height * scale);
  return scale;
}

// Where an event is, in shares of the image's sides; beyond 0 and 1 it lies beside it.
export function shareAt(view, state, event) {
  const box = view.canvas.getBoundingClientRect();
  const scale = scaleOf(view, state) / devicePixelRatio;
  const { width, height } = view.extent;
  return {
    x: state.x + (event.clientX - box.left - box.width / 2) / scale / width,
    y: state.y + (event.clientY - box.top - box.height / 2) / scale / height,
  };
}

// Where a place of the image, in shares of its sides, is on the screen.
export function screenAt(view, state, { x, y }) {
  const box = view.canvas.getBoundingClientRect();
  const scale = scaleOf(view, state) / devicePixelRatio;
  const { width, height } = view.extent;
  return {
    x: box.left + box.width / 2 + (x - state.x) * width * scale,
    y: box.top + box.height / 2 + (y - state.y) * height * scale,
  };
}

// Where it is on the canvas, in its pixels.
export function pixelAt(view, state, { x, y }) {
  const scale = scaleOf(view, state);
  const { width, height } = view.extent;
  return { x: view.canvas.width / 2 + (x - state.x) * width * scale, y: view.canvas.height / 2 + (y - state.y) * height * scale };
}

// Moves by mouse, finger, two fingers and keys. ``acts`` may hold ``wheel``, ``begin`` (a pointer
// goes down: true if it is taken), ``go`` (it moves), ``hover``, ``leave`` and ``keys`` (by name).
export function navigate(view, stage, acts = {}) {
  const { canvas } = view;
  const held = { before: null, taken: false, fingers: null };

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    if (acts.wheel && !event.ctrlKey) acts.wheel(event);
    else stage.zoomBy(Math.exp(-event.deltaY / 400), shareAt(view, stage.state, event));
  }, { passive: false });

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.before = event;
    held.taken = Boolean(acts.begin?.(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held.before) return acts.hover?.(event);
    if (held.fingers) return;
    if (held.taken) acts.go(event, held.before);
    else drag(view, stage, event, held.before);
    held.before = event;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => { held.before = null; });
  }
  for (const type of ["touchstart", "touchmove", "touchend"]) {
    canvas.addEventListener(type, (event) => pinch(view, stage, held, event), { passive: false });
  }
  canvas.addEventListener("pointerleave", () => acts.leave?.());
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", () => stage.showAll());
  canvas.addEventListener("keydown", (event) => key(event, stage, acts.keys ?? {}));
}

function drag(view, stage, event, before) {
  // A finger on the whole image scrolls the page, as everywhere else.
  if (event.pointerType === "touch" && stage.state.zoom === 1) return;
  const scale = scaleOf(view, stage.state) / devicePixelRatio;
  const { width, height } = view.extent;
  stage.moveBy((before.clientX - event.clientX) / scale / width, (before.clientY - event.clientY) / scale / height);
}

// Two fingers: what was between them stays between them.
function pinch(view, stage, held, event) {
  const [one, other] = event.touches;
  if (!other) { held.fingers = null; return; }
  event.preventDefault();
  const fingers = {
    clientX: (one.clientX + other.clientX) / 2,
    clientY: (one.clientY + other.clientY) / 2,
    apart: Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY),
  };
  if (held.fingers) follow(view, stage, held.fingers, fingers);
  held.fingers = fingers;
}

function follow(view, stage, before, now) {
  const kept = shareAt(view, stage.state, before);
  stage.look({ zoom: within((stage.state.zoom * now.apart) / before.apart, 1, CLOSEST) });
  const under = shareAt(view, stage.state, now);
  stage.moveBy(kept.x - under.x, kept.y - under.y);
}

function key(event, stage, own) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = 0.08 / stage.state.zoom;
  const act = own[event.key] ?? {
    ArrowLeft: () => stage.moveBy(-step, 0), ArrowRight: () => stage.moveBy(step, 0),
    ArrowUp: () => stage.moveBy(0, -step), ArrowDown: () => stage.moveBy(0, step),
    "+": () => stage.zoomBy(1.25), "=": () => stage.zoomBy(1.25), "-": () => stage.zoomBy(0.8),
    Home: () => stage.showAll(),
  }[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act(event);
}

// Keys of the whole page, unless the reader is typing or has switched them off.
export function pageKeys(stage, acts) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !stage.views.size || document.body.dataset.shortcuts === "off") return;
    if (event.target.closest?.("input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [popover]")) return;
    acts[event.key]?.();
  });
}
