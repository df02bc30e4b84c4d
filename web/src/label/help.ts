import type { Task } from "../contract";
import { dialog, el } from "../dom";

const PAIR: [string, string][] = [
  ["1 2", "choose the better answer (a and b do the same)"],
  ["3", "tie: both are equally good"],
  ["4", "both bad: no answer is acceptable"],
  ["6 7 8 9", "how much better: negligibly ... significantly"],
];

const RANKING: [string, string][] = [
  ["1 ... 9", "rank that answer next, best first; again: take it out"],
  ["=", "the next answer ties with the last"],
  ["0", "no answer is acceptable"],
  ["q w e r", "how much better the best is than the next best: negligibly ... significantly"],
];

const BOTH: [string, string][] = [
  ["x", "cannot judge: seen, but not for me to decide; nobody learns from it"],
  ["s", "skip: not looked at; someone else gets it"],
  ["Enter", "submit (Ctrl Enter from anywhere, the comment too)"],
  ["u", "undo the last decision and see it again"],
  ["h", "history: change an earlier decision"],
  ["d", "show the words that differ"],
  ["m", "the texts as they were written, or as Markdown"],
  ["c", "comment; Escape leaves it"],
  ["Space", "clips: pause and play"],
  ["g", "guidelines"],
  ["?", "this list"],
];

export function showHelp(mode: Task["mode"]): void {
  const rows = [...(mode === "pair" ? PAIR : RANKING), ...BOTH].map(([keys, meaning]) => {
    const shown = keys.split(" ").map((key) => (key === "..." ? "…" : el("kbd", { text: key })));
    return el("tr", {}, el("th", { scope: "row" }, ...shown), el("td", { text: meaning }));
  });
  dialog("Keys", el("table", { class: "keys" }, el("tbody", {}, ...rows)));
}
