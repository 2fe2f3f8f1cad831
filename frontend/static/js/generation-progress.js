// Live progress of generation: a WebSocket sends the fragment whenever it has changed. Where none
// can be opened (a proxy that does not pass them on), the fragment asks again by itself with htmx.

const SECONDS_BEFORE_TRYING_AGAIN = 5;

class GenerationProgress extends HTMLElement {
  connectedCallback() {
    this.addEventListener("htmx:beforeRequest", this);
    this.open();
  }

  disconnectedCallback() {
    clearTimeout(this.again);
    this.socket?.close();
  }

  handleEvent(event) {
    if (this.socket?.readyState === WebSocket.OPEN) event.preventDefault();
  }

  open() {
    const address = new URL(this.dataset.socket, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(address);
    this.socket.addEventListener("message", (event) => this.show(event.data));
    this.socket.addEventListener("close", (event) => this.closed(event.code));
  }

  show(fragment) {
    this.innerHTML = fragment;
    window.htmx?.process(this);
  }

  closed(code) {
    const refused = code >= 4400;
    if (refused || !this.isConnected) return;
    this.again = setTimeout(() => this.open(), SECONDS_BEFORE_TRYING_AGAIN * 1000);
  }
}

customElements.define("generation-progress", GenerationProgress);
