import { post } from "../server";
import { draftOf, type Decision } from "./decision";

const SETTLE_MS = 400;

/// Saves the unfinished decision of one task a moment after each change, and at once when the page goes away. A draft
/// is a convenience: failing to save one is shown by nothing, since the next change tries again.
export class Drafts {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private waiting: Decision | null = null;

  constructor(
    private readonly comparison: string,
    private readonly lease: string,
  ) {}

  keep(decision: Decision): void {
    this.waiting = decision;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), SETTLE_MS);
  }

  flush(leaving = false): void {
    clearTimeout(this.timer);
    if (this.waiting === null) return;
    const body = { comparison: this.comparison, lease: this.lease, draft: draftOf(this.waiting) };
    this.waiting = null;
    post("/api/draft", body, leaving).catch(() => {});
  }
}
