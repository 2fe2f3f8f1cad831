// Loads a viewer when a page first holds its element, so that a ballot of text loads none.
// One line per viewer: element name, and the module that defines it. The addresses are written
// out because collectstatic gives files hashed names and rewrites only what it can read.

const VIEWERS = {
  "c-image": () => import("./viewers/image.js"),
  "c-signal": () => import("./viewers/signal.js"),
  "c-slide": () => import("./viewers/slide.js"),
  "c-volume": () => import("./viewers/volume.js"),
  "c-media": () => import("./viewers/media.js"),
  "c-grounded": () => import("./viewers/grounded.js"),
};

const loading = new Map();

export function load(root = document) {
  for (const [name, viewer] of Object.entries(VIEWERS)) {
    if (!loading.has(name) && root.querySelector(name)) loading.set(name, viewer());
  }
}

load();
document.addEventListener("htmx:afterSettle", () => load());
