// Which viewer an answer gets: its `media` names it.
import type { Answer } from "../contract";
import { el } from "../dom";
import { showText } from "../text/show";
import { clipViewer } from "./clip";
import type { Viewer } from "./viewer";

export function viewerOf(answer: Answer): Viewer {
  if (answer.media === "clip") return clipViewer(answer.content);
  const element = el("div", { class: "text", dir: "auto" });
  showText(element, answer.content);
  return { element, text: answer.content, highlight: (changed) => showText(element, answer.content, changed), tick: () => {} };
}
