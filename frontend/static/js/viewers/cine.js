// Plays through pictures one after the other. Only the reader begins it, whether or not they like
// motion; a press, any other way to a picture and a hidden page end it.

export const SPEEDS = [2, 5, 10, 20]; // pictures a second

export const usualSpeed = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 2 : 10);

export class Cine {
  constructor(stage, next) {
    Object.assign(this, { stage, next, timer: 0 });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.stop(); });
  }

  press() {
    if (this.timer) this.stop();
    else this.play();
  }

  play() {
    this.timer = setInterval(this.next, 1000 / this.stage.state.speed);
    this.stage.look({ playing: true });
  }

  toSpeed(speed) {
    const playing = Boolean(this.timer);
    this.stop();
    this.stage.change({ speed });
    if (playing) this.play();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    if (this.stage.state.playing) this.stage.change({ playing: false });
  }
}
