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
let styled = Promise.resolve();

export function load(root = document) {
  for (const [name, viewer] of Object.entries(VIEWERS)) {
    // After the stylesheets, because viewers measure the room they have.
    if (!loading.has(name) && root.querySelector(name)) loading.set(name, styled.then(viewer));
  }
}

// A case of another sort than the first brings stylesheets that this page began without.
function addStyles(page) {
  const names = [...page.split("<body", 1)[0].matchAll(/<link rel="stylesheet" href="([^"]+)">/g)].map((found) => found[1]);
  const missing = names.filter((name) => !document.head.querySelector(`link[href="${name}"]`));
  styled = Promise.all([styled, ...missing.map(add)]);
}

function add(href) {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
  return new Promise((done) => { link.onload = link.onerror = done; });
}

load();
document.addEventListener("htmx:beforeSwap", (event) => addStyles(event.detail.serverResponse));
document.addEventListener("htmx:afterSettle", () => load());
