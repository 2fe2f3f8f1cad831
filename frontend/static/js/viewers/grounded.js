// <c-grounded>: pointing at a number in a text, or reaching it by keyboard, shows its place in the
// image. Without this file the number is a link to the place.

class GroundedText extends HTMLElement {
  connectedCallback() {
    for (const [type, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]]) {
      this.addEventListener(type, (event) => this.point(event, on));
    }
    this.addEventListener("click", (event) => { if (event.target.dataset.region) event.preventDefault(); });
    this.dataset.ready = "1";
  }

  point(event, on) {
    const { region } = event.target.dataset ?? {};
    if (region) document.getElementById(region)?.classList.toggle("shape--pointed", on);
  }
}

customElements.define("c-grounded", GroundedText);
