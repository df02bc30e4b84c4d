import type { Viewer } from "./viewer";

/// One clock for all clips of a task, so that they start, loop and stop together. Nothing moves for raters who asked
/// their system for less motion until they press play.
export class Playback {
  private playing = false;
  private moment = 0; // seconds
  private last = 0;
  private frame = 0;

  constructor(
    private readonly viewers: Viewer[],
    private readonly onChange: (playing: boolean) => void,
  ) {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.toggle();
  }

  toggle(): void {
    this.playing = !this.playing;
    this.last = performance.now();
    if (this.playing) this.frame = requestAnimationFrame(this.step);
    else cancelAnimationFrame(this.frame);
    this.onChange(this.playing);
  }

  restart(): void {
    this.moment = 0;
    for (const viewer of this.viewers) viewer.tick(0);
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
  }

  private readonly step = (now: number): void => {
    this.moment += Math.max(0, now - this.last) / 1000;
    this.last = now;
    for (const viewer of this.viewers) viewer.tick(this.moment);
    this.frame = requestAnimationFrame(this.step);
  };
}
