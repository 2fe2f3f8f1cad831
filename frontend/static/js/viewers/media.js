// <c-media>: a clip or a sound in the browser's own player, in step with the other side's. Clips play
// together; sounds take turns, since two at once cannot be judged: starting one stops the other and
// goes on at the same place. Without this file both are plain players.

import { button, choice, fill, makeBar } from "./tools.js";

const APART = 0.15; // seconds that clips may drift apart before they are brought together
const SPEEDS = { 0.25: "quarter", 0.5: "half", 1: "normal" };
const views = new Set();
let leader = null; // what the reader touched last: what the other player does is an echo
let tools = null;

class MediaView extends HTMLElement {
  connectedCallback() {
    this.player = this.querySelector("video, audio");
    this.turns = this.player.localName === "audio";
    views.add(this);
    for (const type of ["pointerover", "pointerdown", "keydown", "focusin"]) {
      this.addEventListener(type, () => { leader = this; }, { capture: true });
    }
    for (const type of ["play", "pause", "seeking", "timeupdate", "ratechange"]) {
      this.player.addEventListener(type, () => { if ((leader ??= this) === this) this[type]?.(); });
    }
    makeTools(this);
    this.dataset.ready = "1";
    this.dataset.looks = "play";
  }

  disconnectedCallback() {
    this.player.pause();
    views.delete(this);
    if (leader === this) leader = null;
    if (!views.size) tools = null;
  }

  get others() {
    return [...views].filter((view) => view !== this && view.player.localName === this.player.localName && view.closest(".panes")).map((view) => view.player);
  }

  play() {
    document.dispatchEvent(new CustomEvent("consilium:looked"));
    for (const other of this.others) {
      if (!this.turns) other.play().catch(() => {});
      else if (!other.paused) {
        this.player.currentTime = other.currentTime;
        other.pause();
      }
    }
    show();
  }

  pause() {
    for (const other of this.others) if (!this.turns) other.pause();
    this.seeking();
    show();
  }

  seeking() {
    for (const other of this.others) if (other.paused || !this.turns) other.currentTime = this.player.currentTime;
  }

  timeupdate() {
    const { currentTime, paused } = this.player;
    if (paused || this.turns) return;
    for (const other of this.others) if (Math.abs(other.currentTime - currentTime) > APART && !other.seeking) other.currentTime = currentTime;
  }

  ratechange() {
    for (const other of this.others) other.playbackRate = this.player.playbackRate;
    show();
  }

  toggle() {
    leader = this;
    if (this.player.paused) this.player.play().catch(() => {});
    else this.player.pause();
  }

  step(frames) {
    leader = this;
    this.player.pause();
    this.player.currentTime = Math.max(0, this.player.currentTime + frames * Number(this.dataset.frame));
  }
}

// Tools: made here because without this file there is nothing to steer.
function makeTools(view) {
  const bar = view.closest(".panes") && makeBar(view, view.turns ? "Both sounds" : "Both clips");
  if (!bar) return;
  const playing = () => [...views].some((one) => !one.player.paused);
  const first = () => (leader && views.has(leader) ? leader : [...views][0]);
  tools = fill(bar, view.turns ? [
    button("Switch sides", switchSides, { name: "switch", title: "Go on with the other side’s sound at the same place" }),
  ] : [
    button("Play both", () => first().toggle(), { name: "play", pressed: playing }),
    button("◂ Frame", () => first().step(-1), { name: "back", title: "One frame back" }),
    button("Frame ▸", () => first().step(1), { name: "on", title: "One frame on" }),
    choice("Speed", Object.entries(SPEEDS), (rate) => { leader = first(); leader.player.playbackRate = Number(rate); }, () => first().player.playbackRate),
  ]);
  show();
}

function switchSides() {
  const now = [...views].find((view) => !view.player.paused) ?? leader;
  const next = [...views].find((view) => view !== now);
  leader = next;
  next?.player.play().catch(() => {});
}

function show() {
  tools?.show({});
}

customElements.define("c-media", MediaView);
