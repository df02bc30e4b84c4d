import assert from "node:assert/strict";
import { test } from "node:test";
import { codeRanges } from "../../src/text/code";
import { difference, words } from "../../src/text/difference";
import { pieces } from "../../src/text/invisible";

function names(text: string): string[] {
  return pieces(text).flatMap((piece) => ("name" in piece ? [piece.name] : []));
}

test("hidden characters are found by name", () => {
  assert.deepEqual(names("a\u200bb\u202ec\u2066d\ufeff\u00ad\u0007\u00a0\u2028"), ["ZWSP", "RLO", "LRI", "BOM", "SHY", "U+0007", "NBSP", "LSEP"]);
  assert.deepEqual(names("\u{E0041}\u3164\u115f\ud800"), ["U+E0041", "U+3164", "U+115F", "U+D800"], "tags, fillers, half a pair");
  assert.deepEqual(names("plain\ttext\r\nwith ümlauts, 漢字 and العربية"), []);
  assert.deepEqual(names("a\rb"), ["CR"], "a carriage return alone would overwrite the line");
});

test("what a script or an emoji needs is left alone, unless it stands elsewhere", () => {
  assert.deepEqual(names("👩‍👩‍👧 ❤️ 👍🏽 می‌خواهم क्‍ष"), []);
  assert.deepEqual(names("pass\u200dword and\u200cmore, x\ufe0f"), ["ZWJ", "ZWNJ", "U+FE0F"]);
});

test("the pieces are the text", () => {
  const text = "a\u200b\u202e👩‍👧\u00a0z";
  assert.equal(pieces(text).map((piece) => ("text" in piece ? piece.text : piece.hidden)).join(""), text);
});

/// The words outside the ranges: a common subsequence of both texts.
function rest(text: string, ranges: { start: number; end: number }[]): string {
  let at = 0;
  let kept = "";
  for (const { start, end } of ranges) {
    kept += text.slice(at, start);
    at = end;
  }
  return kept + text.slice(at);
}

/// The length of the longest common subsequence, by the table that everyone knows.
function longest(a: string[], b: string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++)
      table[i]![j] = a[i - 1] === b[j - 1] ? table[i - 1]![j - 1]! + 1 : Math.max(table[i - 1]![j]!, table[i]![j - 1]!);
  return table[a.length]![b.length]!;
}

test("the difference of two texts is the shortest one", () => {
  let state = 7;
  const below = (count: number) => (state = (state * 48271) % 2147483647) % count;
  for (let round = 0; round < 300; round++) {
    const make = () => Array.from({ length: below(14) }, () => "xyz.-"[below(5)]).join("."); // no spaces: runs are not joined
    const [left, right] = [make(), make()];
    const found = difference(left, right)!;
    const common = rest(left, found.left);
    assert.equal(common, rest(right, found.right), `${left} | ${right}`);
    assert.equal(words(common).length, longest(words(left), words(right)), `${left} | ${right}`);
  }
});

test("a changed run goes on over a space that both happen to have", () => {
  const found = difference("the red old house", "the big new house")!;
  assert.deepEqual(found.left, [{ start: 4, end: 11 }]);
  assert.deepEqual(difference("same", "same"), { left: [], right: [] });
});

test("texts too far apart have no difference, and saying so takes no time", () => {
  const start = performance.now();
  const many = (word: string) => Array.from({ length: 20_000 }, (_, index) => word + index).join(" ");
  assert.equal(difference(many("a"), many("b")), null);
  assert.ok(performance.now() - start < 3000);
  const long = many("a");
  assert.deepEqual(difference(long, `${long} end`)!.right, [{ start: long.length, end: long.length + 4 }]);
});

test("code is what stands between fences", () => {
  const text = "see\n```py\nx = 1\n```\nand\n~~~\n```\n~~~\nrest";
  assert.deepEqual(codeRanges(text).map(({ start, end }) => text.slice(start, end)), ["```py\nx = 1\n```\n", "~~~\n```\n~~~\n"]);
  assert.deepEqual(codeRanges("a\n```\ncut off"), [{ start: 2, end: 13 }]);
  assert.deepEqual(codeRanges("use `x` and ```y```"), []);
});
