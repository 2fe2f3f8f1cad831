// What every viewer of images does alike with what the sides marked: how it is drawn, and three ways to
// compare the two panes.

import { Blink } from "./compare.js";
import { toSwipe } from "./swipe.js";
import { button, choice, slider } from "./tools.js";

export const MODES = { both: "Contour and fill", contour: "Contour", fill: "Fill", none: "Nothing" };
export const after = (names, name) => names[(names.indexOf(name) + 1) % names.length];
const BLINK = {
  marks: "Blink: show the marks of one side in both panes, then those of the other",
  image: "Blink: show the image of one side in both panes, then that of the other",
};
const SWIPE = "Swipe: left of a divider the left output, right of it the right one";

export class Comparing {
  // ``marks``: whether both sides have something marked; ``pictures``: whether they show different images.
  constructor(stage, marks, pictures = () => false) {
    Object.assign(this, { stage, marks, pictures, blink: new Blink(stage) });
    this.keys = {
      b: () => this.press(),
      c: () => this.toMode(after(Object.keys(MODES), stage.state.mode)),
      d: () => this.differ(),
      v: () => this.swipe(),
    };
  }

  get able() {
    return this.marks() || this.pictures();
  }

  differ() {
    if (!this.marks()) return;
    this.blink.stop();
    this.stage.change({ difference: !this.stage.state.difference, swipe: null });
  }

  press() {
    if (this.able) this.blink.press();
  }

  swipe() {
    if (this.able) toSwipe(this.stage, this.blink);
  }

  toMode(mode) {
    this.stage.change({ mode, difference: false });
  }

  opacity() {
    return slider("Opacity", { min: () => 0, max: () => 100 }, (share) => this.stage.change({ opacity: share / 100 }), (state) => Math.round(100 * state.opacity));
  }

  modes() {
    return choice("Marks", Object.entries(MODES), (mode) => this.toMode(mode), (state) => state.mode);
  }

  difference() {
    return button("Difference", () => this.differ(), { name: "difference", pressed: (state) => state.difference });
  }

  // ``what``: of BLINK.
  exchanges(what = "marks") {
    return [
      button("Blink", () => this.press(), { name: "blink", pressed: (state) => Boolean(state.only), title: BLINK[what] }),
      button("Swipe", () => this.swipe(), { name: "swipe", pressed: (state) => state.swipe !== null, title: SWIPE }),
    ];
  }
}
