import type { Session } from "./contract";
import { button, el } from "./dom";
import { kept } from "./kept";
import { post } from "./server";

/// Asks who is labelling, and proposes whoever did so here last. There is no password: the name keeps votes apart, the
/// link let the rater in.
export function nameForm(store: string, onNamed: (session: Session) => void): HTMLElement {
  const problem = el("p", { class: "problem", role: "alert" });
  const key = `nudge.name.${store}`;
  const name = el("input", { id: "rater", required: true, maxlength: 64, autocomplete: "name", autofocus: true, value: kept.get(key) });
  const send = async (event: Event) => {
    event.preventDefault();
    try {
      const session = await post<Session>("/api/session", { rater: name.value.trim() });
      kept.set(key, name.value.trim());
      onNamed(session);
    } catch (error) {
      problem.textContent = (error as Error).message;
    }
  };
  const start = button("Start", () => {}, { class: "primary", type: "submit" });
  const form = el("form", { on: { submit: (event) => void send(event) } }, el("label", { for: "rater", text: "Your name" }), name, start, problem);
  const why = el("p", { class: "muted", text: "Your decisions are kept under this name. Use the same one when you come back." });
  return el("main", { class: "rest" }, el("h1", { text: `Comparing answers: ${store}` }), why, form);
}
