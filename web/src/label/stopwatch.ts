import type { PageEvent } from "../contract";

/// How long a task was before the rater's eyes, and when what happened. Time during which the page was hidden (another
/// tab, a locked screen) does not count.
export class Stopwatch {
  private counted = 0; // ms, before `since`
  private since: number | null;
  private readonly start: number;
  readonly events: PageEvent[] = [];

  constructor(private readonly now: () => number = () => performance.now(), visible = true) {
    this.start = now();
    this.since = visible ? this.start : null;
    this.note("shown");
  }

  visible(yes: boolean): void {
    if (yes === (this.since !== null)) return;
    if (this.since !== null) this.counted += this.now() - this.since;
    this.since = yes ? this.now() : null;
    if (yes) this.note("focused");
  }

  /// Keeps the first MOST_EVENTS; a rater who changes their mind more often is no better known by it.
  note(kind: PageEvent["kind"]): void {
    if (this.events.length < MOST_EVENTS) this.events.push({ kind, at_ms: Math.round(this.now() - this.start) });
  }

  get seconds(): number {
    const running = this.since === null ? 0 : this.now() - this.since;
    return Math.round(this.counted + running) / 1000;
  }
}

const MOST_EVENTS = 100;
