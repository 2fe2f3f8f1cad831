// Parts of the desk that many ballots never need. Each loads at the first sign that it is wanted, and
// from then on starts with every ballot. What starts them is listened for here, so that the first
// click counts as well. Add a part by a line in PARTS and what it is called by.

import { boxes } from "./boxes.js";
import { all, find, settings, word } from "./dom.js";
import { say } from "./sending.js";

// The addresses are written out because collectstatic rewrites only what it can read.
const PARTS = {
  differing: () => import("./differing.js"),
  finding: () => import("./finding.js"),
  marks: () => import("./marks.js"),
  tour: () => import("./tour.js"),
};
const loaded = new Map();

async function load(name) {
  const part = await PARTS[name]();
  if (!loaded.has(name)) part.start?.();
  loaded.set(name, part);
  return part;
}

// Ahead of use: whether it came is told when it is used.
const prepare = (name) => loaded.has(name) || load(name).catch(() => {});

export async function call(name, act) {
  let part = null;
  try {
    part = loaded.get(name) ?? await load(name);
  } catch {
    return say(word("not_loaded"));
  }
  return act(part);
}

const CLICKS = {
  "[data-in-case]": (source) => call("finding", (finding) => finding.showInCase(source.dataset.inCase)),
  "[data-mark]": (button) => call("marks", (marks) => marks.begin(button.dataset.mark)),
  "[data-missing]": (button) => call("marks", (marks) => marks.beginMissing(button.dataset.missing)),
  ".mark__show": (button) => call("marks", (marks) => marks.showPlace(button.closest("li"))),
  "#tour-again": () => call("tour", (tour) => tour.open()),
};

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(CLICKS)) {
    const target = event.target.closest?.(selector);
    if (target) act(target);
  }
});
document.addEventListener("input", (event) => {
  if (event.target.id === "desk-find") call("finding", (finding) => finding.search(event.target.value));
});
document.addEventListener("focusin", (event) => { if (event.target.id === "desk-find") prepare("finding"); });
// Before the tap on the button that would clear it.
document.addEventListener("selectionchange", () => {
  const selection = getSelection();
  if (!selection.isCollapsed && selection.anchorNode?.parentElement?.closest(".pane__body")) prepare("marks");
});

let toured = false;

export function start() {
  for (const tool of all("[data-mark], [data-missing], .desk__find, #tour-again")) tool.hidden = false;
  for (const part of loaded.values()) part.start?.();
  if (boxes().length) prepare("marks");
  if (toured || !find("#tour") || !settings().tour.unseen) return;
  toured = true;
  call("tour", (tour) => tour.open());
}
