// The voting page beyond HTML; each part says what it adds. They listen on the document, so that
// they go on working when htmx brings the next ballot.

import { all, announce, find } from "./desk/dom.js";
import * as draft from "./desk/draft.js";
import * as gate from "./desk/gate.js";
import * as keys from "./desk/keys.js";
import * as later from "./desk/later.js";
import * as scrolling from "./desk/scrolling.js";
import * as sending from "./desk/sending.js";
import * as sheet from "./desk/sheet.js";

function start() {
  for (const part of [scrolling, draft, sheet, gate, keys, later]) part.start();
}

document.addEventListener("htmx:beforeSwap", () => draft.save());
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "desk-differences") return;
  start();
  if (event.target.id === "desk") sending.focusAfterSwap();
});
start();
// Screen readers tell what changes on a page, not what it came with. Nothing that was said since is lost.
setTimeout(() => {
  const came = all("#messages li").map((item) => item.textContent).join(" ");
  if (came && !find("#desk-status")?.textContent) announce(came);
}, 500);
