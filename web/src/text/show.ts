// A text of the store as nodes of the page: whitespace as it is, hidden characters by name, code and differing words
// marked. Only text nodes are made of it.
import { el } from "../dom";
import { codeRanges } from "./code";
import type { Range } from "./difference";
import { pieces } from "./invisible";

/// Cuts [0, length) at every end of the ranges; tells of each cut which sort of range covers it.
export function cuts(length: number, code: Range[], changed: Range[]): { start: number; end: number; code: boolean; changed: boolean }[] {
  const ends = new Set([0, length]);
  for (const range of [...code, ...changed]) ends.add(range.start).add(range.end);
  const sorted = [...ends].sort((a, b) => a - b);
  const covers = (ranges: Range[]) => {
    let next = 0;
    return (at: number) => {
      while (next < ranges.length && ranges[next]!.end <= at) next++;
      return next < ranges.length && ranges[next]!.start <= at;
    };
  };
  const inCode = covers(code);
  const inChanged = covers(changed);
  return sorted.slice(0, -1).map((start, index) => ({ start, end: sorted[index + 1]!, code: inCode(start), changed: inChanged(start) }));
}

function visible(text: string): Node[] {
  return pieces(text).map((piece) => {
    if ("text" in piece) return document.createTextNode(piece.text);
    const title = `invisible character ${piece.name}`;
    if (/\p{Zs}/u.test(piece.hidden)) return el("span", { class: "odd-space", title, text: piece.hidden });
    return el("span", { class: "hidden-character", title, text: piece.name });
  });
}

/// Replaces what `parent` holds by the text.
export function showText(parent: HTMLElement, text: string, changed: Range[] = []): void {
  parent.replaceChildren();
  let block: HTMLElement | null = null; // the code block that is being filled
  for (const cut of cuts(text.length, codeRanges(text), changed)) {
    const inner = visible(text.slice(cut.start, cut.end));
    const nodes = cut.changed ? [el("mark", {}, ...inner)] : inner;
    if (!cut.code) block = null;
    else if (block === null) parent.append((block = el("code")));
    (block ?? parent).append(...nodes);
  }
}
