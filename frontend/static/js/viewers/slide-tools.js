// The bar of tools of slides, their keys, and what is told of them.

import { MEETINGS } from "./compare.js";
import { lineMoved, lineTold, setLine, toMeasure } from "./measuring.js";
import { haveAreas } from "./slide-marks.js";
import { comparing, compares, first, marked, seenFrom, stage, steer } from "./slide-stage.js";
import { pageKeys, scaleOf } from "./stage.js";
import { told as swipeTold } from "./swipe.js";
import { button, figure, fill, legend, makeBar, said } from "./tools.js";

const OBJECTIVES = [5, 10, 20, 40];
const MM_AT_ONE = 0.01; // as on a microscope: a pixel is a micrometre under an objective of ten, by the scanners' custom
const KEPT_KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "+", "=", "-", "_"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const tidy = (value) => Number(value.toPrecision(2));

// A key on the tissue: OpenSeadragon would have many, and turn or flip a slide on one side alone.
export function key(view, event) {
  const { originalEvent } = event;
  const taken = acted(view, originalEvent);
  if (taken) originalEvent.preventDefault();
  event.preventDefaultAction = taken || !KEPT_KEYS.includes(originalEvent.key);
}

function acted(view, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const act = event.key === "Home" ? showAll : LETTERS[event.key];
  if (!act) return Boolean(ARROWS[event.key]) && lineMoved(seenFrom(view), screens(view), event, ...ARROWS[event.key]);
  act();
  return true;
}

// How many pixels of the screen the whole slide has: the ruler's end moves by them.
function screens(view) {
  const scale = scaleOf(view, view.seen) / devicePixelRatio;
  return { columns: view.extent.width * scale, rows: view.extent.height * scale };
}

const showAll = () => steer((viewport) => viewport.goHome());
const zoomBy = (factor) => steer((viewport) => viewport.zoomBy(factor).applyConstraints());

// By keyboard the line begins in the middle of what is seen.
function measure() {
  const view = first();
  if (!view) return;
  toMeasure(stage, !stage.state.measuring);
  if (!stage.state.measuring) return;
  const { x, y } = view.seen;
  const half = (0.1 * view.room.clientWidth) / screens(view).columns;
  setLine(stage, { from: { x: x - half, y }, to: { x: x + half, y } });
  if (document.activeElement === document.body) view.viewer.canvas.focus({ preventScroll: true });
}

function reset() {
  comparing.blink.stop();
  stage.change(stage.initial());
  showAll();
}

// Pixels on the screen for one of the slide: now, or where a motion under way will end.
const zoomOf = (view, now = true) => view.image.viewportToImageZoom(view.viewer.viewport.getZoom(now));
const timesOf = (view, now = true) => (MM_AT_ONE * zoomOf(view, now)) / Number(view.dataset.mmPerPixel);
const levelOf = (view, times) => view.image.imageToViewportZoom((times * Number(view.dataset.mmPerPixel)) / MM_AT_ONE);

// Larger than the whole slide, and no larger than it can be shown.
function reaches(times) {
  const view = first();
  if (!view?.dataset.mmPerPixel) return false;
  const { viewport } = view.viewer;
  const level = levelOf(view, times);
  return level > viewport.getHomeZoom() && level <= viewport.getMaxZoom() * 1.001;
}

const toObjective = (times) => steer((viewport, view) => viewport.zoomTo(levelOf(view, times)));

// The next stronger objective; after the strongest, the weakest.
function nextObjective() {
  const found = OBJECTIVES.filter(reaches);
  if (!found.length) return;
  const now = timesOf(first(), false);
  toObjective(found.find((times) => times > 1.01 * now) ?? found[0]);
}

export function makeTools(view) {
  const bar = stage.tools ? null : makeBar(view, "Tools of the slides");
  if (!bar) return;
  stage.tools = fill(bar, [
    ...(marked() ? markTools() : []),
    button("−", () => zoomBy(1 / 1.5), { title: "Zoom out" }), button("+", () => zoomBy(1.5), { title: "Zoom in" }),
    button("Show all", showAll, { name: "all" }),
    ...OBJECTIVES.map(objective),
    legend(told),
  ], [
    button("Measure", measure, { name: "measure", pressed: (state) => state.measuring }),
    button("Reset", reset, { name: "reset", title: "Reset: show everything as it was at first" }),
  ]);
  stage.tools.show(stage.state);
}

function objective(times) {
  const title = said("{times}×: as under an objective of {times}", { times });
  const pressed = () => Math.abs(timesOf(first()) / times - 1) < 0.01;
  return button(`${times}×`, () => toObjective(times), { title, name: `objective-${times}`, pressed: () => reaches(times) && pressed(), shown: () => reaches(times) });
}

function markTools() {
  const compared = compares() ? [comparing.difference(), ...comparing.exchanges()] : [];
  return [comparing.opacity(), comparing.modes(), ...compared];
}

function told(state) {
  const view = first();
  if (!view) return "";
  const magnified = view.dataset.mmPerPixel ? `${figure(tidy(timesOf(view)))}×` : "";
  const share = said("{percent} % of full size", { percent: figure(tidy(100 * zoomOf(view))) });
  return [
    state.swipe === null ? "" : swipeTold(state), magnified, share, lineTold(stage, view), unknown(view, state), meetings(state),
  ].filter(Boolean).join(" · ");
}

function unknown({ dataset }, { measuring }) {
  return measuring && !dataset.mmPerPixel ? said("The slide does not say how large its pixels are, so lengths are in pixels") : "";
}

function meetings({ difference }) {
  if (!difference) return "";
  return haveAreas() ? Object.values(MEETINGS).map(({ name }) => said(name)).join("; ") : said("Blue: only on this side. White: on both.");
}

// One meaning for each, whatever is in focus (arena/accounts/keys.py).
const LETTERS = {
  ...comparing.keys,
  l: measure,
  o: nextObjective,
  r: reset,
};

pageKeys(stage, LETTERS);
