// Characters that a reader cannot see but a model wrote: zero-width and bidirectional controls, control codes, odd
// spaces, tags. They can make two answers look the same, or a line read backwards; the page shows each by its name.

export type Piece = { text: string } | { hidden: string; name: string };

// All of Unicode's format characters (Cf) but the Arabic signs that draw something, controls (Cc) but tab and line feed,
// private use, tags, spaces other than U+0020, line and paragraph separators, fillers, variation selectors, half pairs.
const HIDDEN =
  /(?![\u0600-\u0605\u06DD\u0890\u0891\u08E2])[\p{Cf}\p{Co}\p{Zl}\p{Zp}\u{E0000}-\u{E0FFF}\u034F\u115F\u1160\u17B4\u17B5\u180B-\u180F\u2800\u3164\uFFA0\uFE00-\uFE0F]|(?![\t\n])\p{Cc}|(?! )\p{Zs}|\p{Cs}/gu;

const NAMES: Record<number, string> = {
  0x00: "NUL", 0x08: "BS", 0x0d: "CR", 0x1b: "ESC", 0x7f: "DEL", 0xa0: "NBSP", 0xad: "SHY",
  0x061c: "ALM", 0x200b: "ZWSP", 0x200c: "ZWNJ", 0x200d: "ZWJ", 0x200e: "LRM", 0x200f: "RLM", 0x2028: "LSEP", 0x2029: "PSEP",
  0x202a: "LRE", 0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO", 0x202e: "RLO", 0x202f: "NNBSP", 0x2060: "WJ",
  0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0x3000: "IDSP", 0xfeff: "BOM",
};

// What a script or an emoji needs to be drawn right is no trick: a joiner or a selector between visible characters.
const EMOJI_BEFORE = /(\p{Extended_Pictographic}|\p{Emoji_Modifier}|[#*0-9©®]|\uFE0F)$/u;
const JOINED_AFTER = /^\p{Extended_Pictographic}/u;
const LETTER_BEFORE = /[\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}]\p{M}*$/u;

function draws(text: string, at: number, hidden: string): boolean {
  const before = text.slice(Math.max(0, at - 8), at);
  if (hidden === "\uFE0F" || hidden === "\uFE0E") return EMOJI_BEFORE.test(before);
  if (hidden === "\u200D") return (EMOJI_BEFORE.test(before) && JOINED_AFTER.test(text.slice(at + 1, at + 3))) || LETTER_BEFORE.test(before);
  return hidden === "\u200C" && LETTER_BEFORE.test(before);
}

export function nameOf(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return NAMES[point] ?? `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
}

/// The text cut at its hidden characters; joined again, the pieces are the text.
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let seen = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (draws(text, match.index, match[0])) continue;
    if (match[0] === "\r" && text[match.index + 1] === "\n") continue; // the line end of other systems
    if (match.index > seen) found.push({ text: text.slice(seen, match.index) });
    found.push({ hidden: match[0], name: nameOf(match[0]) });
    seen = match.index + match[0].length;
  }
  if (seen < text.length) found.push({ text: text.slice(seen) });
  return found;
}
