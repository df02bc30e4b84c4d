import type { Range } from "./difference";

/// The lines from fence to fence (three or more backticks or tildes), each with its line end, for a font in which code
/// lines up. The fences stay.
export function codeRanges(text: string): Range[] {
  const found: Range[] = [];
  let open: { start: number; fence: string } | null = null;
  for (const match of text.matchAll(/^ {0,3}(`{3,}|~{3,})(.*)$/gm)) {
    const fence = match[1]!;
    if (open === null) {
      open = { start: match.index, fence };
    } else if (fence[0] === open.fence[0] && fence.length >= open.fence.length && match[2]!.trim() === "") {
      found.push({ start: open.start, end: Math.min(text.length, match.index + match[0].length + 1) });
      open = null;
    }
  }
  if (open !== null) found.push({ start: open.start, end: text.length }); // cut off by the length limit
  return found;
}
