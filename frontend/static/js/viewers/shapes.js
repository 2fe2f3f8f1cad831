// The shapes of a side as SVG over its own view, or as copies over the other one's.

// Shapes to be shown in another pane: their names stay with their own.
function lent(shapes) {
  const copy = shapes?.cloneNode(true) ?? null;
  copy?.classList.add("shapes--lent");
  for (const node of copy?.querySelectorAll("[id]") ?? []) node.removeAttribute("id");
  return copy;
}

// Own shapes (``view.own``), or copies of another side's, in the order of the parts; each is cut to
// the share of the view that its part has. Gives those there are.
export function takeShapes(view, parts) {
  const sources = parts.map((part) => part.view);
  if (view.sources?.length !== sources.length || sources.some((source, i) => source !== view.sources[i])) {
    for (const shapes of view.overlaid ?? []) shapes.remove();
    view.sources = sources;
    view.copies = sources.map((source) => (source === view ? view.own : lent(source.own)));
    for (const shapes of view.copies) if (shapes) view.canvas.after(shapes);
  }
  view.copies.forEach((shapes, i) => { if (shapes) shapes.style.clipPath = cutTo(parts[i]); });
  view.overlaid = view.copies.filter(Boolean);
  return view.overlaid;
}

const cutTo = ({ from, to }) => (from || to < 1 ? `inset(0 ${100 * (1 - to)}% 0 ${100 * from}%)` : "");

// The part of the image that the canvas shows; lines and text keep their size on the screen.
export function placeShapes(shapes, { canvas, extent }, { x, y }, scale, text) {
  const left = x * extent.width - canvas.width / scale / 2;
  const top = y * extent.height - canvas.height / scale / 2;
  shapes.setAttribute("viewBox", `${left} ${top} ${canvas.width / scale} ${canvas.height / scale}`);
  shapes.setAttribute("font-size", (text * devicePixelRatio) / scale);
}

export function forgetShapes(view) {
  for (const copy of view.querySelectorAll(".shapes--lent")) copy.remove();
  view.own = view.sources = view.copies = view.overlaid = null;
}
