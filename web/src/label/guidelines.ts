import type { Session } from "../contract";
import { dialog, el } from "../dom";
import { showText } from "../text/show";

export function showGuidelines({ guidelines }: Session): void {
  const text = el("div", { class: "text", dir: "auto" });
  showText(text, guidelines.text || "The owner has written no guidelines yet.");
  dialog(guidelines.text ? `Guidelines, version ${guidelines.version}` : "Guidelines", text);
}

/// Opens the guidelines where this browser has not shown this version yet.
export function showNewGuidelines(session: Session): void {
  const key = `nudge.guidelines.${session.store}.${session.rater}`;
  if (!session.guidelines.text || localStorage.getItem(key) === String(session.guidelines.version)) return;
  localStorage.setItem(key, String(session.guidelines.version));
  showGuidelines(session);
}
