import { el } from "../dom";

/// The one line that says how things stand: saved, sending, not saved and why. Read out by screen readers.
export class Status {
  readonly element = el("p", { class: "status", role: "status" });

  say(text: string, kind: "calm" | "good" | "problem" = "calm"): void {
    this.element.textContent = text;
    this.element.dataset["kind"] = kind;
  }
}
