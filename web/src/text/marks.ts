import { el } from "../dom";
import type { Range } from "./difference";

/// Marks these ranges of the element's text (its textContent), which stays as it is.
export function markRanges(element: HTMLElement, ranges: Range[]): void {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (walker.nextNode()) nodes.push(walker.currentNode as Text);
  let at = 0; // of the node in the text
  let next = 0;
  for (const node of nodes) {
    let rest = node;
    const end = at + node.data.length;
    while (next < ranges.length && ranges[next]!.start < end) {
      const range = ranges[next]!;
      const inner = range.start > at ? rest.splitText(range.start - at) : rest;
      at = Math.max(at, range.start);
      const stop = Math.min(range.end, end);
      rest = stop < end ? inner.splitText(stop - at) : inner;
      if (inner.data.trim() !== "") {
        const mark = el("mark");
        inner.replaceWith(mark);
        mark.append(inner);
      }
      at = stop;
      if (range.end > end) break; // goes on in the next node
      next++;
    }
    at = end;
  }
}
