import type { Session } from "./contract";
import { button, el } from "./dom";
import { keyed } from "./label/choices";
import type { Action } from "./label/keyboard";

/// Far ahead the number of tasks is an estimate: some are shown again, to see whether a rater agrees with themselves.
function left(tasks: number): string {
  return tasks <= 500 ? `${tasks} left` : `about ${Math.round(tasks / 100) * 100} left`;
}

/// The line at the top: whose page this is, how far they are, and the ways to guidelines, history, keys and panel.
export class TopBar {
  readonly element: HTMLElement;
  private readonly progress = el("p", { class: "progress" });
  private readonly problem = el("p", { class: "banner", role: "alert", hidden: true });
  private perform: (action: Action) => void = () => {};

  constructor(session: Session, where: "label" | "panel") {
    const tool = (key: string, label: string, kind: "undo" | "history" | "guidelines" | "help") => {
      const made = button(null, () => this.perform({ kind }), { class: "quiet", "aria-keyshortcuts": key });
      made.append(...keyed(key, label));
      return made;
    };
    const label = [tool("u", "Undo", "undo"), tool("h", "History", "history"), tool("g", "Guidelines", "guidelines"), tool("?", "Keys", "help")];
    const tools = where === "label" ? label : [];
    const other = where === "label" ? el("a", { href: "#panel", text: "Panel" }) : el("a", { href: "#", text: "Label" });
    const who = el("h1", { class: "who" }, session.store, el("span", { text: session.rater ? ` · ${session.rater}` : "" }));
    const nav = el("nav", { "aria-label": "Tools" }, ...tools, session.owner && other);
    this.element = el("header", { class: "top" }, el("div", { class: "line" }, who, this.progress, nav), this.problem);
    this.show(session, null);
  }

  onAction(perform: (action: Action) => void): void {
    this.perform = perform;
  }

  show(session: Session, remaining: number | null): void {
    const pace = session.seconds_median === null ? null : `${Math.round(session.seconds_median)} s each`;
    const facts = [`${session.today} today`, remaining === null ? null : left(remaining), pace];
    this.progress.textContent = facts.filter((fact) => fact !== null).join(" · ");
    this.problem.hidden = session.read_only === null;
    this.problem.textContent = session.read_only ?? "";
  }
}
