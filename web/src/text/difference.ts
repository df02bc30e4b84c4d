// Which words of two texts differ: the shortest edit script over words (Myers 1986, "An O(ND) difference algorithm and
// its variations"), with the common ends cut off first.

/// A half-open range of UTF-16 units of one text.
export interface Range {
  start: number;
  end: number;
}

export interface Difference {
  left: Range[]; // only in the first text
  right: Range[]; // only in the second
}

/// Texts further apart than this many words have no difference worth reading, and finding it would take seconds.
export const MOST_EDITS = 3000;

/// Words, runs of spaces, and single other characters: what is compared as one.
export function words(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}_]+|\s+|[^\p{L}\p{M}\p{N}_\s]/gu) ?? [];
}

/// Null when the texts are more than MOST_EDITS words apart.
export function difference(left: string, right: string): Difference | null {
  const a = words(left);
  const b = words(right);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const kept = commonWords(a.slice(start, a.length - end), b.slice(start, b.length - end));
  if (kept === null) return null;
  const whole = (count: number, inner: Set<number>) => (index: number) =>
    index < start || index >= count - end || inner.has(index - start);
  return { left: ranges(left, a, whole(a.length, kept.left)), right: ranges(right, b, whole(b.length, kept.right)) };
}

/// The indices of both lists that a longest common subsequence keeps.
function commonWords(a: string[], b: string[]): { left: Set<number>; right: Set<number> } | null {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const furthest = new Int32Array(2 * most + 3); // furthest[k + most + 1]: how far along a on diagonal k
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(furthest.slice(most + 1 - edits - 1, most + 1 + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const at = k + most + 1;
      const down = k === -edits || (k !== edits && furthest[at - 1]! < furthest[at + 1]!);
      let x = down ? furthest[at + 1]! : furthest[at - 1]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[at] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
  }
  return null;
}

function walkBack(a: string[], b: string[], trace: Int32Array[]): { left: Set<number>; right: Set<number> } {
  const left = new Set<number>();
  const right = new Set<number>();
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const furthest = trace[edits]!; // of diagonals -edits - 1 ... edits + 1, before this round
    const of = (diagonal: number) => furthest[diagonal + edits + 1]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && of(k - 1) < of(k + 1));
    const previous = down ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : of(previous);
    const fromY = edits === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) {
      left.add(--x);
      right.add(--y);
    }
    x = fromX;
    y = fromY;
  }
  return { left, right };
}

/// Runs of words that are not kept; a run goes on over spaces that both texts happen to have.
function ranges(text: string, tokens: string[], kept: (index: number) => boolean): Range[] {
  const found: Range[] = [];
  let at = 0;
  tokens.forEach((token, index) => {
    const end = at + token.length;
    const last = found[found.length - 1];
    if (!kept(index)) {
      if (last && text.slice(last.end, at).trim() === "") last.end = end;
      else found.push({ start: at, end });
    }
    at = end;
  });
  return found;
}
