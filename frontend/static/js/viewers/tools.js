// The bar of tools of a page's viewers. Made here, because without viewers there is nothing to steer.

import { find, settings } from "../desk/dom.js";
import { figure } from "../desk/figure.js";

// In the reader's language, where the page came with words for it.
const words = new WeakMap();
export function said(text, values = {}) {
  const page = find("#desk-settings") ?? document;
  if (!words.has(page)) words.set(page, settings().viewers ?? {});
  return (words.get(page)[text] ?? text).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

// A view's pane, as a word in a sentence.
export const paneOf = (view) => said(["left", "right"].includes(view.dataset.side) ? view.dataset.side : "case");

export { figure };

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
    output.ariaLive = state.playing ? "off" : "polite"; // nobody is told of every slice that runs by
    range.setAttribute("aria-valuetext", output.textContent || range.value);
  }, spoken ? [output] : []);
}

export function number(text, act, value) {
  const field = Object.assign(document.createElement("input"), { type: "number", step: "any" });
  field.addEventListener("change", () => { if (field.value !== "") act(Number(field.value)); });
  return labelled(text, field, (state) => { if (document.activeElement !== field) field.value = value(state); });
}

const SHORT = 12; // letters that fit beside the tools

export function legend(text) {
  const span = document.createElement("span");
  span.className = "viewer-legend";
  span.setAttribute("role", "status");
  span.update = (state) => {
    const words = text(state);
    if (span.textContent === words) return;
    span.textContent = words;
    span.toggleAttribute("data-long", words.length > SHORT);
  };
  return span;
}

function labelled(text, control, update, more = []) {
  const label = document.createElement("label");
  label.dataset.tool = text.toLowerCase();
  const name = Object.assign(document.createElement("span"), { className: "viewer-tools__name", textContent: said(text) });
  label.append(name, control, ...more);
  label.update = update;
  control.setAttribute("aria-label", said(text));
  return label;
}

// The tools in their bar; ``show`` brings each up to date with the state. A wide window shows all of
// them. Elsewhere what every reader needs stays at hand and the rest is a button away, so that what is
// looked at begins on the first screen. A window that becomes narrow or wide is arranged anew.
const WIDE = "(min-width: 60rem) and (min-height: 30rem)";

export function fill(bar, items, more = []) {
  const tools = [...items, ...more];
  for (const old of bars.keys()) if (!old.isConnected) bars.delete(old); // with all its tools know of
  bars.set(bar, tools);
  arrange(bar, tools);
  return {
    bar,
    show(state) {
      for (const item of tools) item.update?.(state);
    },
  };
}

const wide = matchMedia(WIDE);
const bars = new Map(); // of the ballot that is shown, each with its tools
wide.addEventListener("change", () => { for (const [bar, tools] of bars) arrange(bar, tools); });

function arrange(bar, tools) {
  const focused = document.activeElement;
  bar.replaceChildren(...(wide.matches ? tools : narrowed(tools)));
  if (bar.contains(focused)) focused.focus();
}

const AT_HAND = new Set(["slice", "window"]);
const FEW = 4; // so many fit beside each other on a phone
const staysOut = (item) => AT_HAND.has(item.dataset.tool) || item.matches(".viewer-legend");

function narrowed(tools) {
  const rest = tools.filter((item) => !staysOut(item));
  return rest.length > FEW ? [...folded(rest), ...tools.filter(staysOut)] : tools;
}

function folded(items) {
  const box = document.createElement("div");
  box.className = "viewer-more";
  box.id = `viewer-more-${document.querySelectorAll(".viewer-more").length}`;
  box.append(...items);
  const toggle = button("Tools", () => keep(unfold(toggle, box, box.hidden)), { name: "more" });
  toggle.setAttribute("aria-controls", box.id);
  unfold(toggle, box, wasOpen());
  return [toggle, box];
}

function unfold(toggle, box, open) {
  box.hidden = !open;
  toggle.setAttribute("aria-expanded", String(open));
  return open;
}

// How the tools were left on this device. A forbidden store costs only that.
const OPEN = "viewer-tools-open";

function wasOpen() {
  try {
    return localStorage.getItem(OPEN) === "true";
  } catch {
    return false;
  }
}

function keep(open) {
  try {
    localStorage.setItem(OPEN, String(open));
  } catch {
    // They begin folded the next time.
  }
}
