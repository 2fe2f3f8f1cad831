// The bar of tools of a page's viewers. Made here, because without viewers there is nothing to steer.

import { find, settings } from "../desk/dom.js";

// In the reader's language, where the page came with words for it.
const words = new WeakMap();
export function said(text) {
  const page = find("#desk-settings") ?? document;
  if (!words.has(page)) words.set(page, settings().viewers ?? {});
  return words.get(page)[text] ?? text;
}

// All texts below are given in English and said in the reader's language.

// One bar for both panes, above them; where only the case is shown, above the case.
export function makeBar(view, label) {
  const panes = view.closest(".panes");
  const host = panes ?? view.parentElement;
  if (!panes && document.querySelector(`.panes ${view.localName}`)) return null;
  if (host.querySelector(":scope > .viewer-tools")) return null;
  const bar = document.createElement("div");
  bar.className = "viewer-tools";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", said(label));
  if (panes) panes.prepend(bar);
  else view.before(bar);
  return bar;
}

// ``pressed`` tells from the state whether the button is on; without it the button only acts.
export function button(text, act, { pressed, title = text, name = "", shown } = {}) {
  const node = Object.assign(document.createElement("button"), { type: "button", className: "button button--small", textContent: said(text), title: said(title) });
  node.setAttribute("aria-label", node.title);
  if (name) node.dataset.tool = name;
  node.addEventListener("click", act);
  node.update = (state) => {
    if (pressed) node.setAttribute("aria-pressed", String(pressed(state)));
    if (shown) node.hidden = !shown(state);
  };
  return node;
}

export function choice(text, options, act, value) {
  const select = document.createElement("select");
  for (const [key, name] of options) select.add(new Option(said(name), key));
  select.addEventListener("change", () => act(select.value));
  return labelled(text, select, (state) => { select.value = value(state); });
}

export function slider(text, { min, max, step = 1 }, act, value, spoken) {
  const range = Object.assign(document.createElement("input"), { type: "range", step });
  const output = document.createElement("output");
  range.addEventListener("input", () => act(Number(range.value)));
  return labelled(text, range, (state) => {
    Object.assign(range, { min: min(state), max: max(state), value: value(state) });
    output.textContent = spoken ? spoken(state) : "";
    range.setAttribute("aria-valuetext", output.textContent || range.value);
  }, spoken ? [output] : []);
}

export function number(text, act, value) {
  const field = Object.assign(document.createElement("input"), { type: "number", step: "any" });
  field.addEventListener("change", () => { if (field.value !== "") act(Number(field.value)); });
  return labelled(text, field, (state) => { if (document.activeElement !== field) field.value = value(state); });
}

export function legend(text) {
  const span = document.createElement("span");
  span.className = "viewer-legend";
  span.setAttribute("role", "status");
  span.update = (state) => {
    const words = text(state);
    if (span.textContent !== words) span.textContent = words;
  };
  return span;
}

function labelled(text, control, update, more = []) {
  const label = document.createElement("label");
  label.append(said(text), control, ...more);
  label.update = update;
  control.setAttribute("aria-label", said(text));
  return label;
}

// The tools in their bar, those less often needed folded away where the window is narrow; ``show``
// brings each up to date with the state.
export function fill(bar, items, more = []) {
  const wide = matchMedia("(min-width: 60rem)").matches;
  bar.append(...items, ...(wide || !more.length ? more : [folded(more)]));
  return {
    bar,
    show(state) {
      for (const item of [...items, ...more]) item.update?.(state);
    },
  };
}

function folded(items) {
  const details = document.createElement("details");
  details.className = "viewer-more";
  const summary = document.createElement("summary");
  summary.textContent = said("More tools");
  const box = document.createElement("div");
  box.append(...items);
  details.append(summary, box);
  return details;
}
