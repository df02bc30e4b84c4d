import { el } from "../dom";
import { get } from "../server";
import { showText } from "../text/show";
import { section } from "./figures";
import type { Flagged } from "./summary";

/// What raters flagged or commented on, newest first.
export async function flaggedSection(): Promise<HTMLElement> {
  const { flagged } = await get<{ flagged: Flagged[] }>("/api/flagged");
  const items = flagged.map((item) => {
    const summary = el("p", { dir: "auto" });
    const comment = el("blockquote", { dir: "auto" });
    showText(summary, item.summary ?? "");
    showText(comment, item.comment);
    const flags = item.flags.map((flag) => el("span", { class: "tag", text: flag }));
    const who = el("p", { class: "muted" }, ...flags, `${item.rater} · ${item.comparison} · ${new Date(item.time).toLocaleString()}`);
    return el("li", {}, who, item.summary ? summary : null, item.comment ? comment : null);
  });
  const list = items.length ? el("ul", { class: "flagged" }, ...items) : el("p", { text: "Nothing was flagged or commented on." });
  return section("Flags and comments", list);
}
