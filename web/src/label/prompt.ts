import type { Task } from "../contract";
import { el } from "../dom";
import { showAs, showText, type View } from "../text/show";

export interface PromptView {
  element: HTMLElement;
  /// How a model's turns are shown; all others stand as they were written.
  show(view: View): void;
}

/// The prompt as it was put to the model: every turn, with its role.
export function promptView(prompt: Task["prompt"]): PromptView {
  const turns = prompt.messages?.length ? prompt.messages : [{ role: "prompt", content: prompt.text ?? "" }];
  const models: ((view: View) => void)[] = [];
  const shown = turns.map(({ role, content }) => {
    const text = el("div", { class: "text", dir: "auto" });
    if (role === "assistant") models.push((view) => showAs(view, text, content));
    else showText(text, content);
    return el("div", { class: `turn ${role === "assistant" ? "from-assistant" : ""}` }, el("h2", { class: "role", text: role }), text);
  });
  return { element: el("section", { class: "prompt", "aria-label": "Prompt" }, ...shown), show: (view) => models.forEach((show) => show(view)) };
}
