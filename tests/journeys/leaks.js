// Put into a page before anything else: counts what it holds on to. Asked after the garbage is
// collected, so that only what something still refers to is counted.

const count = { listeners: {}, elements: {}, sockets: new Set(), observers: 0, slides: 0 };
const canvases = new Set();

// Listeners of the whole page, by kind.
const keys = (target) => (target === window ? "window" : "document");
for (const target of [window, document]) {
  const known = new Map();
  const { addEventListener: add, removeEventListener: remove } = target;
  const name = (type, options) => `${type} ${Boolean(options?.capture ?? options)}`;
  target.addEventListener = (type, listener, options) => {
    const same = known.get(name(type, options)) ?? known.set(name(type, options), new Set()).get(name(type, options));
    if (!options?.once && !same.has(listener)) {
      same.add(listener);
      const key = `${keys(target)} ${type}`;
      count.listeners[key] = (count.listeners[key] ?? 0) + 1;
    }
    return add.call(target, type, listener, options);
  };
  target.removeEventListener = (type, listener, options) => {
    if (known.get(name(type, options))?.delete(listener)) count.listeners[`${keys(target)} ${type}`] -= 1;
    return remove.call(target, type, listener, options);
  };
}

// Elements of our own: connected and not yet disconnected.
const define = customElements.define.bind(customElements);
customElements.define = (name, Class, options) => {
  const { connectedCallback: on, disconnectedCallback: off } = Class.prototype;
  const note = (step) => { count.elements[name] = (count.elements[name] ?? 0) + step; };
  Class.prototype.connectedCallback = function connected() { note(1); return on?.call(this); };
  Class.prototype.disconnectedCallback = function disconnected() { note(-1); return off?.call(this); };
  return define(name, Class, options);
};

// Canvases that were drawn on, whether or not they are still on the page.
const getContext = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function context(type, ...more) {
  if (![...canvases].some(({ canvas }) => canvas.deref() === this)) canvases.add({ canvas: new WeakRef(this), type });
  return getContext.call(this, type, ...more);
};

for (const name of ["ResizeObserver", "IntersectionObserver", "MutationObserver"]) {
  const Observer = window[name];
  window[name] = class extends Observer {
    observe(...given) { if (!this.observes) count.observers += 1; this.observes = true; return super.observe(...given); }

    disconnect() { if (this.observes) count.observers -= 1; this.observes = false; return super.disconnect(); }
  };
}

// Whichever class comes to stand there: tests put their own in its place.
let Socket;
const watchSockets = (Given) => {
  Socket = class WebSocket extends Given {
    constructor(...given) { super(...given); count.sockets.add(new WeakRef(this)); }
  };
};
watchSockets(window.WebSocket);
Object.defineProperty(window, "WebSocket", { configurable: true, get: () => Socket, set: watchSockets });

// The slide viewer comes as a script of its own.
let library;
Object.defineProperty(window, "OpenSeadragon", {
  configurable: true,
  get: () => library,
  set(value) {
    library = value;
    let Viewer;
    Object.defineProperty(value, "Viewer", {
      configurable: true,
      get: () => Viewer,
      set(Given) {
        Viewer = class extends Given {
          constructor(...given) { super(...given); count.slides += 1; }

          destroy() { count.slides -= 1; return super.destroy(); }
        };
      },
    });
  },
});

window.held = () => ({
  listeners: { ...count.listeners },
  elements: { ...count.elements },
  canvases: [...canvases].filter(({ canvas }) => canvas.deref() && !canvas.deref().isConnected).length,
  webgl: [...canvases].filter(({ canvas, type }) => canvas.deref() && type.startsWith("webgl")).length,
  slides: count.slides,
  sockets: [...count.sockets].filter((socket) => socket.deref()?.readyState <= WebSocket.OPEN).length,
  observers: count.observers,
});

// The next ballot in place of this one, `times` over; each waits until its viewers are ready.
window.swapped = async (times) => {
  for (let n = 0; n < times; n += 1) {
    const settled = new Promise((done) => { document.addEventListener("htmx:afterSettle", done, { once: true }); });
    await htmx.ajax("GET", location.pathname, { target: "#desk", select: "#desk", swap: "outerHTML" });
    await settled;
    await ready();
  }
};

const waiting = () => document.querySelector(":is(c-image, c-volume):not([data-ready]), c-slide:not([data-looks])");

async function ready() {
  for (let tries = 0; waiting() && tries < 500; tries += 1) await new Promise((done) => { setTimeout(done, 20); });
  if (waiting()) throw new Error(`not ready: ${waiting().tagName}`);
}

// What a fault would keep: each of these must be seen.
const kept = [];
const LEAKS = {
  listeners: () => document.addEventListener("keydown", () => {}),
  elements: () => document.body.append(document.querySelector("c-image").cloneNode(true)),
  canvases: () => kept.push(document.createElement("canvas").getContext("2d")),
  webgl: () => kept.push(document.createElement("canvas").getContext("webgl")),
  sockets: () => kept.push(new WebSocket(`ws://${location.host}/ws/`)),
  observers: () => new ResizeObserver(() => {}).observe(document.body),
};
window.leak = (what) => { LEAKS[what](); };
