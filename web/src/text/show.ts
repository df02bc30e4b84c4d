// A text of the store as nodes of the page: as it was written, or as Markdown. Only text nodes are made of it.
import { el } from "../dom";
import { codeRanges } from "./code";
import { markdown } from "./markdown";
import { visible } from "./visible";

/// How texts are shown. Raters choose, and their votes say what they saw.
export type View = "markdown" | "raw";

/// Replaces what `parent` holds by the text as it was written: whitespace as it is, code in a font in which it lines up.
export function showText(parent: HTMLElement, text: string): void {
  parent.classList.remove("markdown");
  parent.replaceChildren();
  let at = 0;
  for (const { start, end } of codeRanges(text)) {
    parent.append(...visible(text.slice(at, start)), el("code", {}, ...visible(text.slice(start, end))));
    at = end;
  }
  parent.append(...visible(text.slice(at)));
}

/// The same in that view; `trusted` is the owner's own text. What Markdown cannot show whole is shown as it was written.
export function showAs(view: View, parent: HTMLElement, text: string, trusted = false): void {
  const shown = view === "markdown" ? markdown(text, trusted) : null;
  if (shown === null) {
    showText(parent, text);
    if (view === "markdown") parent.append(el("p", { class: "muted", text: "Shown as it was written: as Markdown, a part would be left out." }));
    return;
  }
  parent.classList.add("markdown");
  parent.replaceChildren(shown);
}
