import { button, el } from "../dom";
import { post } from "../server";
import { section } from "./figures";

const FORMATS: [string, string][] = [
  ["pairs", "Pairs (TRL)"],
  ["ranking", "Rankings"],
  ["kto", "KTO"],
  ["sharegpt", "ShareGPT"],
  ["csv", "CSV"],
  ["events", "All events"],
];

/// Downloads and the backup. The backup lies beside the store, on the server's machine.
export function filesSection(): HTMLElement {
  const links = FORMATS.map(([format, text]) => el("a", { class: "button", href: `/api/owner/export?format=${format}`, download: "", text }));
  const state = el("span", { role: "status" });
  const backup = async () => {
    state.textContent = "Writing …";
    try {
      state.textContent = `Written: ${(await post<{ file: string }>("/api/owner/backup", {})).file}`;
    } catch (error) {
      state.textContent = (error as Error).message;
    }
  };
  const saved = el("p", { class: "buttons" }, button("Back up the store", () => void backup()), state);
  return section("Export and backup", el("p", { class: "buttons" }, ...links), saved);
}

/// The server does not see whether the way to it is encrypted; this browser does.
function asReached(link: string): string {
  const url = new URL(link);
  if (url.host === location.host) url.protocol = location.protocol;
  return url.href;
}

export function linkSection(given: string): HTMLElement {
  const link = asReached(given);
  const field = el("input", { id: "rater-link", readonly: true, value: link });
  const state = el("span", { role: "status" });
  const copy = async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(link); // missing at addresses without encryption
      state.textContent = "Copied.";
    } catch {
      state.textContent = "Selected: copy it with the keyboard.";
    }
  };
  const label = el("label", { for: "rater-link", text: "For raters only; your own link opens this panel as well. Both hold until the owner asks for new ones (--new_links)" });
  return section("The raters' link", label, field, el("p", { class: "buttons" }, button("Copy", () => void copy()), state));
}
