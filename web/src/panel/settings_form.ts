import { button, el } from "../dom";
import { get, post } from "../server";
import { section } from "./figures";
import type { Settings } from "./summary";

interface Field {
  name: Exclude<keyof Settings, "order">;
  label: string;
  meaning: string;
  step: number;
  most: number;
}

const FIELDS: Field[] = [
  { name: "overlap", label: "Votes for each comparison", meaning: "by different raters; skips do not count", step: 1, most: 50 },
  { name: "overlap_share", label: "Share with one vote more", meaning: "0 to 1; what agreement is estimated from", step: 0.01, most: 1 },
  { name: "repeat_share", label: "Share shown again", meaning: "0 to 1; does a rater agree with themselves", step: 0.01, most: 1 },
  { name: "gold_share", label: "Share of gold items", meaning: "0 to 1; comparisons whose answer is known", step: 0.01, most: 1 },
];

const ORDERS: [string, string][] = [["random", "at random"], ["priority", "by priority (what the imported file says)"]];

export async function settingsSection(): Promise<HTMLElement> {
  const inputs = FIELDS.map(({ name, step, most }) => el("input", { id: `setting-${name}`, type: "number", min: name === "overlap" ? 1 : 0, max: most, step, required: true }));
  const order = el("select", { id: "setting-order" }, ...ORDERS.map(([value, text]) => el("option", { value, text })));
  const state = el("span", { role: "status" });
  const show = (settings: Settings) => {
    FIELDS.forEach(({ name }, index) => (inputs[index]!.value = String(settings[name])));
    order.value = settings.order;
  };
  const save = async (event: Event) => {
    event.preventDefault();
    const numbers = Object.fromEntries(FIELDS.map(({ name }, index) => [name, inputs[index]!.valueAsNumber]));
    try {
      show(await post<Settings>("/api/owner/settings", { ...numbers, order: order.value }));
      state.textContent = "Saved; it counts from the next task on.";
    } catch (error) {
      state.textContent = (error as Error).message;
    }
  };
  show(await get<Settings>("/api/owner/settings"));
  const rows = FIELDS.map(({ name, label, meaning }, index) =>
    el("div", { class: "field" }, el("label", { for: `setting-${name}`, text: label }), inputs[index]!, el("small", { text: meaning })),
  );
  const last = el("div", { class: "field" }, el("label", { for: "setting-order", text: "Order" }), order);
  const buttons = el("p", { class: "buttons" }, button("Save settings", () => {}, { type: "submit" }), state);
  return section("Settings", el("form", { on: { submit: (event) => void save(event) } }, ...rows, last, buttons));
}
