import { el, type Child } from "../dom";

/// A table whose first column names the row; the others are numbers, or nodes.
export function table(caption: string, heads: string[], rows: Child[][]): HTMLElement {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", text })));
  const body = rows.map(([name, ...cells]) => el("tr", {}, el("th", { scope: "row" }, name ?? ""), ...cells.map((cell) => el("td", {}, cell))));
  const made = el("table", { class: "numbers" }, el("caption", { text: caption }), el("thead", {}, head), el("tbody", {}, ...body));
  return el("div", { class: "scrolls", tabindex: 0, role: "group", "aria-label": caption }, made);
}
