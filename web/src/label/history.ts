import type { PastDecision } from "../contract";
import { button, dialog, el } from "../dom";
import { showText } from "../text/show";
import { get } from "../server";
import { STRENGTHS } from "./decision";
import { levels } from "./ranking";

const SAID: Record<Exclude<PastDecision["outcome"], "compared">, string> = {
  both_bad: "both bad",
  cannot_judge: "cannot judge",
  skipped: "skipped",
};

/// What was chosen, by the numbers that the answers had, and how strongly: "2 is better · slightly better", "tie",
/// "3, 1 = 2".
export function chosen({ outcome, ranks, strength }: Pick<PastDecision, "outcome" | "ranks" | "strength">): string {
  if (outcome !== "compared") return SAID[outcome];
  const order = levels(ranks).map((places) => places.map((place) => place + 1).join(" = "));
  const said = ranks.length > 2 ? order.join(", ") : order.length === 1 ? "tie" : `${order[0]} is better`;
  return strength > 0 ? `${said} · ${STRENGTHS[strength - 1]}` : said;
}

export async function pastDecisions(): Promise<PastDecision[]> {
  return (await get<{ decisions: PastDecision[] }>("/api/history")).decisions;
}

/// The rater's last decisions, each with a button that takes it back into the page.
export function showHistory(decisions: PastDecision[], undo: (decision: PastDecision) => void): void {
  const rows = decisions.map((decision) => {
    const summary = el("span", { class: "summary", dir: "auto" });
    showText(summary, decision.summary);
    const change = button("Change", () => {
      modal.close();
      undo(decision);
    });
    const state = decision.undone ? el("span", { class: "muted", text: "undone" }) : decision.undoable ? change : null;
    const when = el("time", { datetime: decision.time, text: new Date(decision.time).toLocaleTimeString() });
    return el("li", {}, summary, el("span", { class: "muted" }, when, ` · ${chosen(decision)}`), state);
  });
  const modal = dialog("Your decisions", rows.length ? el("ol", { class: "history" }, ...rows) : el("p", { text: "None yet." }));
}
