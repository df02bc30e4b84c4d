import { el } from "../dom";
import { pieces } from "./invisible";

// Browsers take a time that grows with the square of a word's length to break it into lines (Chromium 156: 30 s for
// 100,000 letters with diacritics), unless they are told where they may.
const BREAKABLE = /\S{200}(?=\S)/gu;

function breakable(text: string): Node[] {
  const nodes: Node[] = [];
  let seen = 0;
  for (const { index, 0: part } of text.matchAll(BREAKABLE)) {
    nodes.push(document.createTextNode(text.slice(seen, index + part.length)), el("wbr"));
    seen = index + part.length;
  }
  nodes.push(document.createTextNode(text.slice(seen)));
  return nodes;
}

/// A text as text nodes, with hidden characters by name.
export function visible(text: string): Node[] {
  return pieces(text).flatMap((piece): Node[] => {
    if ("text" in piece) return breakable(piece.text);
    const title = `invisible character ${piece.name}`;
    if (/\p{Zs}/u.test(piece.hidden)) return [el("span", { class: "odd-space", title, text: piece.hidden })];
    return [el("span", { class: "hidden-character", title, text: piece.name })];
  });
}
