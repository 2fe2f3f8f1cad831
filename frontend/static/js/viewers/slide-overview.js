// Where on the slide the view is: the whole of it, small, with a frame around what is seen. A click or
// drag in it goes there; by keys the arrows do.

import { within } from "./stage.js";
import { touch } from "./slide-stage.js";

const FROM = 1.25; // times the whole slide: before, all of it is seen anyway

export class Overview {
  constructor(view) {
    const still = view.querySelector(".slide-view__still > img");
    this.view = view;
    this.node = Object.assign(document.createElement("div"), { className: "slide-view__overview", hidden: true });
    this.node.setAttribute("aria-hidden", "true");
    this.here = Object.assign(document.createElement("div"), { className: "slide-view__here" });
    this.node.append(Object.assign(document.createElement("img"), { src: still.src, alt: "", draggable: false }), this.here);
    this.node.addEventListener("pointerdown", (event) => { this.node.setPointerCapture(event.pointerId); this.go(event); });
    this.node.addEventListener("pointermove", (event) => { if (this.node.hasPointerCapture(event.pointerId)) this.go(event); });
    view.append(this.node);
  }

  go({ clientX, clientY }) {
    const { left, top, width, height } = this.node.firstChild.getBoundingClientRect();
    const { extent } = this.view;
    touch(this.view);
    this.view.goTo(within((clientX - left) / width, 0, 1) * extent.width, within((clientY - top) / height, 0, 1) * extent.height);
  }

  // ``width`` and ``height``: of what is seen, in pixels of the slide.
  show({ zoom, x, y }, width, height) {
    this.node.hidden = zoom < FROM;
    const { extent } = this.view;
    const [across, down] = [width / extent.width, height / extent.height];
    const ends = [x - across / 2, y - down / 2, 1 - x - across / 2, 1 - y - down / 2].map((share) => `${100 * within(share, 0, 0.98)}%`);
    const [left, top, right, bottom] = ends;
    Object.assign(this.here.style, { left, top, right, bottom });
  }
}
