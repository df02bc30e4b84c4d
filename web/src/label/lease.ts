import { post, ServerError } from "../server";

/// Keeps the task this rater's while they work on it. Renewed at a third of its time, but only if there was any
/// activity since: a rater who went away gives the task back by doing nothing.
export class Lease {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private active = true;

  constructor(
    private readonly comparison: string,
    private readonly nonce: string,
    expiresSeconds: number,
    private readonly onLost: (sentence: string) => void,
  ) {
    this.schedule(expiresSeconds);
  }

  touch(): void {
    this.active = true;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private schedule(expiresSeconds: number): void {
    this.timer = setTimeout(() => void this.renew(expiresSeconds), Math.max(1, expiresSeconds / 3) * 1000);
  }

  private async renew(expiresSeconds: number): Promise<void> {
    let next = expiresSeconds;
    if (this.active) {
      this.active = false;
      try {
        const reply = await post<{ expires_seconds: number }>("/api/renew", { comparison: this.comparison, lease: this.nonce });
        next = reply.expires_seconds;
      } catch (error) {
        if (error instanceof ServerError && !error.passing) return this.onLost(error.message);
        this.active = true; // not renewed: try at the next turn
      }
    }
    this.schedule(next);
  }
}
