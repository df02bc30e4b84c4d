// How an answer is shown. An answer's `media` names its viewer; the rest of the page knows only this interface.
import type { Answer } from "../contract";
import type { Range } from "../text/difference";
import { showText } from "../text/show";
import { el } from "../dom";
import { clipViewer } from "./clip";

export interface Viewer {
  element: HTMLElement;
  text: string | null; // what difference highlighting compares; null when the answer is no text
  highlight(changed: Range[]): void;
  /// The moment of a clip, in seconds since both began; nothing to texts.
  tick(seconds: number): void;
}

export function viewerOf(answer: Answer): Viewer {
  if (answer.media === "clip") return clipViewer(answer.content);
  const element = el("div", { class: "text", dir: "auto" });
  showText(element, answer.content);
  return { element, text: answer.content, highlight: (changed) => showText(element, answer.content, changed), tick: () => {} };
}
