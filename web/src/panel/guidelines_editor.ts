import type { Session } from "../contract";
import { button, el } from "../dom";
import { post } from "../server";
import { section } from "./figures";

/// The guidelines that raters read. Saving makes a new version; every vote keeps the version it was made under.
export function guidelinesSection({ guidelines }: Session): HTMLElement {
  const text = el("textarea", { id: "guidelines", rows: 12 });
  text.value = guidelines.text;
  const state = el("span", { role: "status" });
  const version = el("label", { for: "guidelines", text: `Version ${guidelines.version}, Markdown` });
  const save = async () => {
    try {
      const reply = await post<{ version: number }>("/api/owner/guidelines", { text: text.value });
      version.textContent = `Version ${reply.version}, Markdown`;
      state.textContent = "Saved; raters see it with their next task.";
    } catch (error) {
      state.textContent = (error as Error).message;
    }
  };
  return section("Guidelines", version, text, el("p", { class: "buttons" }, button("Save as a new version", () => void save()), state));
}
