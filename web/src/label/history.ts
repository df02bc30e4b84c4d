import type { PastDecision } from "../contract";
import { button, dialog, el } from "../dom";
import { showText } from "../text/show";
import { get } from "../server";

const SAID: Record<PastDecision["outcome"], string> = {
  compared: "compared",
  both_bad: "both bad",
  cannot_judge: "cannot judge",
  skipped: "skipped",
};

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
    return el("li", {}, summary, el("span", { class: "muted" }, when, ` · ${SAID[decision.outcome]}`), state);
  });
  const modal = dialog("Your decisions", rows.length ? el("ol", { class: "history" }, ...rows) : el("p", { text: "None yet." }));
}
