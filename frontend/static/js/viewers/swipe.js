// Both sides in one picture: left of a divider the left output, right of it the right one, in both panes
// alike. The divider is a slider over each pane, moved by pointer, by finger and by arrow keys.

import { SIDES } from "./compare.js";
import { within } from "./stage.js";
import { said } from "./tools.js";

const STEP = 0.02; // of the pane for an arrow key; with Shift, Page up and Page down five times as much
const MIDDLE = 0.5;

export function toSwipe(stage, blink) {
  blink.stop();
  stage.look({ swipe: stage.state.swipe === null ? MIDDLE : null, difference: false, only: "" });
}

// Whose marks a view shows, and on which share of its width: its own, those of one side while
// blinking, both while swiping. ``able`` tells whether a view has come so far.
export function shownIn(view, stage, able) {
  const { only, swipe } = stage.state;
  const sides = SIDES[view.dataset.side] ? Object.keys(SIDES).map((side) => stage.view(side)) : [];
  if (swipe !== null && sides.length && sides.every((side) => side && able(side))) {
    return [{ view: sides[0], from: 0, to: swipe }, { view: sides[1], from: swipe, to: 1 }];
  }
  const other = only && SIDES[view.dataset.side] ? stage.view(only) : null;
  return [{ view: other && able(other) ? other : view, from: 0, to: 1 }];
}

// A share of the width of what ``draw`` draws with the pen it is given. Drawn whole and then cut: which
// pixel of an enlarged image a pixel of the screen takes differs by one where the pen has a clip.
export function clipped(pen, { from, to }, draw) {
  if (from === 0 && to === 1) return draw(pen);
  const { width, height } = pen.canvas;
  const [left, right] = [from, to].map((share) => Math.round(share * width));
  if (left === right) return undefined;
  draw(wholeFor(pen));
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.globalAlpha = 1;
  pen.drawImage(whole.canvas, left, 0, right - left, height, left, 0, right - left, height);
  return pen.restore();
}

const whole = document.createElement("canvas").getContext("2d");

// Empty, as large as the pen's own canvas, and with its place.
function wholeFor(pen) {
  const { width, height } = pen.canvas;
  Object.assign(whole.canvas, { width, height }); // which also clears it
  whole.setTransform(pen.getTransform());
  whole.imageSmoothingEnabled = pen.imageSmoothingEnabled;
  return whole;
}

export const told = ({ swipe }) => said("Left of the divider: left output, {left} %. Right of it: right output, {right} %.")
  .replace("{left}", Math.round(100 * swipe)).replace("{right}", 100 - Math.round(100 * swipe));

export class Divider {
  constructor(view, stage) {
    Object.assign(this, { view, stage });
    this.node = Object.assign(document.createElement("div"), { className: "divider", tabIndex: 0, hidden: true });
    for (const [name, value] of Object.entries({ role: "slider", "aria-label": said("Divider between the left and the right output"), "aria-valuemin": 0, "aria-valuemax": 100 })) this.node.setAttribute(name, value);
    for (const side of Object.keys(SIDES)) this.node.append(Object.assign(document.createElement("span"), { className: `divider__side divider__side--${side}`, textContent: said(SIDES[side]) }));
    this.node.addEventListener("pointerdown", (event) => this.grasp(event));
    this.node.addEventListener("pointermove", (event) => { if (this.node.hasPointerCapture(event.pointerId)) this.follow(event); });
    this.node.addEventListener("keydown", (event) => this.key(event));
    view.append(this.node);
  }

  grasp(event) {
    event.preventDefault();
    this.node.focus({ preventScroll: true });
    this.node.setPointerCapture(event.pointerId);
  }

  follow({ clientX }) {
    const { left, width } = this.view.getBoundingClientRect();
    this.to((clientX - left) / width);
  }

  to(share) {
    this.stage.look({ swipe: within(share, 0, 1) });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { swipe } = this.stage.state;
    const by = STEP * (event.shiftKey ? 5 : 1);
    const to = { ArrowLeft: swipe - by, ArrowDown: swipe - by, ArrowRight: swipe + by, ArrowUp: swipe + by, PageDown: swipe - 5 * STEP, PageUp: swipe + 5 * STEP, Home: 0, End: 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.to(to);
  }

  show(shown) {
    const { swipe } = this.stage.state;
    this.node.hidden = !shown;
    if (!shown) return;
    this.node.style.left = `${100 * swipe}%`;
    this.node.setAttribute("aria-valuenow", Math.round(100 * swipe));
    this.node.setAttribute("aria-valuetext", told(this.stage.state));
  }

  remove() {
    this.node.remove();
  }
}
