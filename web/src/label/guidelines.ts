import type { Session } from "../contract";
import { button, dialog, el } from "../dom";
import { kept } from "../kept";
import { showAs, type View } from "../text/show";

export function showGuidelines({ guidelines }: Session): void {
  const text = el("div", { class: "text", dir: "auto" });
  let view: View = "markdown";
  const show = () => showAs(view, text, guidelines.text || "The owner has written no guidelines yet.", true);
  const other = button("Raw text", () => {
    view = view === "markdown" ? "raw" : "markdown";
    other.setAttribute("aria-pressed", String(view === "raw"));
    show();
  }, { class: "quiet", "aria-pressed": "false" });
  show();
  dialog(guidelines.text ? `Guidelines, version ${guidelines.version}` : "Guidelines", text, guidelines.text !== "" && el("div", { class: "tools" }, other));
}

/// Opens the guidelines where this browser has not shown this version yet.
export function showNewGuidelines(session: Session): void {
  const key = `nudge.guidelines.${session.store}.${session.rater}`;
  if (!session.guidelines.text || kept.get(key) === String(session.guidelines.version)) return;
  kept.set(key, String(session.guidelines.version));
  showGuidelines(session);
}
