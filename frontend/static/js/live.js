// Fragments that stay up to date: a WebSocket sends one whenever it has changed. Where none can be
// opened (a proxy that does not pass them on), the fragment asks again by itself with htmx.

const SECONDS_BEFORE_TRYING_AGAIN = [5, 30, 120, 600];

class LiveFragment extends HTMLElement {
  connectedCallback() {
    this.tries = 0;
    this.refused = false;
    this.addEventListener("htmx:beforeRequest", this);
    this.addEventListener("htmx:responseError", this);
    this.open();
  }

  disconnectedCallback() {
    clearTimeout(this.again);
    this.socket?.close();
  }

  handleEvent(event) {
    if (event.type === "htmx:responseError") this.refused = [403, 404].includes(event.detail.xhr.status);
    else if (event.target.matches("[hx-trigger]") && !this.asks()) event.preventDefault();
  }

  asks() {
    return this.socket?.readyState !== WebSocket.OPEN && !this.refused;
  }

  open() {
    const address = new URL(this.dataset.socket, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(address);
    this.socket.addEventListener("message", (event) => this.show(event.data));
    this.socket.addEventListener("close", (event) => this.closed(event.code));
  }

  show(fragment) {
    this.tries = 0;
    this.innerHTML = fragment;
    window.htmx?.process(this);
  }

  closed(code) {
    this.refused = code >= 4400;
    if (this.refused || !this.isConnected) return;
    const seconds = SECONDS_BEFORE_TRYING_AGAIN[Math.min(this.tries++, SECONDS_BEFORE_TRYING_AGAIN.length - 1)];
    // Not all at once after a restart of the server.
    this.again = setTimeout(() => this.open(), 1000 * seconds * (0.75 + Math.random() / 2));
  }
}

// News of the ballot, or that there is one: then it is shown, once somebody looks.
class LiveNews extends LiveFragment {
  connectedCallback() {
    document.addEventListener("visibilitychange", this);
    this.addEventListener("htmx:load", this);
    super.connectedCallback();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this);
    super.disconnectedCallback();
  }

  handleEvent(event) {
    if (event.type === "visibilitychange" || event.type === "htmx:load") this.follow();
    else super.handleEvent(event);
  }

  asks() {
    return super.asks() && !document.hidden;
  }

  show(fragment) {
    super.show(fragment);
    this.follow();
  }

  // After a moment in which the news can be read out.
  follow() {
    const link = this.querySelector("[data-at-once]");
    if (!link || document.hidden) return;
    clearTimeout(this.following);
    this.following = setTimeout(() => link.isConnected && link.click(), 1500);
  }
}

customElements.define("generation-progress", LiveFragment);
customElements.define("live-news", LiveNews);
