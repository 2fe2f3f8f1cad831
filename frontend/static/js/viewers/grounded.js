// <c-grounded>: pointing at a number in a text, or reaching it by keyboard, shows its place in the
// image; choosing it brings the place into view, close up. Without this file the number is a link to it.

class GroundedText extends HTMLElement {
  connectedCallback() {
    for (const [type, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
      this.addEventListener(type, (event) => this.point(event, on));
    }
    this.addEventListener("click", (event) => this.enter(event));
    this.dataset.ready = "1";
  }

  enter(event) {
    const line = document.getElementById(event.target.dataset.region)?.querySelector(".shape__line");
    if (!line) return;
    event.preventDefault();
    const viewer = this.querySelector("c-image, c-slide");
    const place = line.getBBox();
    if (viewer.dataset.looks && place.width) viewer.enter(place);
    viewer.scrollIntoView({ block: "nearest" });
  }

  point(event, on) {
    const { region } = event.target.dataset ?? {};
    if (region) document.getElementById(region)?.classList.toggle("shape--pointed", on);
  }
}

customElements.define("c-grounded", GroundedText);
