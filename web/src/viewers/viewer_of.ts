// Which viewer an answer gets: its `media` names it.
import type { Answer } from "../contract";
import { el } from "../dom";
import { markRanges } from "../text/marks";
import { showAs, type View } from "../text/show";
import { clipViewer } from "./clip";
import type { Viewer } from "./viewer";

function textViewer(content: string): Viewer {
  const element = el("div", { class: "text", dir: "auto" });
  let shown: View = "raw";
  const show = (view: View) => showAs((shown = view), element, content);
  const highlight = (changed: Parameters<Viewer["highlight"]>[0]) => {
    show(shown);
    markRanges(element, changed);
  };
  return { element, text: () => element.textContent, highlight, show, tick: () => {} };
}

/// Says why an answer cannot be shown. The task can be skipped all the same.
function sorry(problem: string): Viewer {
  const element = el("p", { class: "problem", text: problem });
  return { element, text: () => null, highlight: () => {}, show: () => {}, tick: () => {} };
}

/// A viewer that fails, now or at any later moment, gives way to one that says so.
function safely(make: () => Viewer): Viewer {
  const frame = el("div");
  let inner: Viewer;
  const replaced = (error: unknown) => {
    inner = sorry(`This answer cannot be shown (${(error as Error).message}). Skip the task, or say that you cannot judge.`);
    frame.replaceChildren(inner.element);
  };
  const attempt = (action: () => void) => {
    try {
      action();
    } catch (error) {
      replaced(error);
    }
  };
  attempt(() => frame.append((inner = make()).element));
  return {
    element: frame,
    text: () => inner.text(),
    highlight: (changed) => attempt(() => inner.highlight(changed)),
    show: (view) => attempt(() => inner.show(view)),
    tick: (seconds) => attempt(() => inner.tick(seconds)),
  };
}

export function viewerOf(answer: Answer): Viewer {
  return safely(() => (answer.media === "clip" ? clipViewer(answer.content) : textViewer(answer.content)));
}
