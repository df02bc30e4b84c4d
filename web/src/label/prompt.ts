import type { Task } from "../contract";
import { el } from "../dom";
import { showText } from "../text/show";

/// The prompt as it was put to the model: every turn, with its role.
export function promptView(prompt: Task["prompt"]): HTMLElement {
  const turns = prompt.messages?.length ? prompt.messages : [{ role: "prompt", content: prompt.text ?? "" }];
  const shown = turns.map(({ role, content }) => {
    const text = el("div", { class: "text", dir: "auto" });
    showText(text, content);
    return el("div", { class: `turn ${role === "assistant" ? "from-assistant" : ""}` }, el("h2", { class: "role", text: role }), text);
  });
  return el("section", { class: "prompt", "aria-label": "Prompt" }, ...shown);
}
