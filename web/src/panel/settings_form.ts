import { button, el } from "../dom";
import { get, post } from "../server";
import { section } from "./figures";
import type { Settings } from "./summary";

/// One setting: its input, how to show its value, how to read it.
interface Field {
  row: HTMLElement;
  show(settings: Settings): void;
  read(): Partial<Settings>;
}

type Named<Value> = { [name in keyof Settings]: Settings[name] extends Value ? name : never }[keyof Settings];

function row(name: string, label: string, meaning: string, input: HTMLElement): HTMLElement {
  input.id = `setting-${name}`;
  return el("div", { class: "field" }, el("label", { for: input.id, text: label }), input, meaning ? el("small", { text: meaning }) : null);
}

function numberField(name: Named<number>, label: string, meaning: string, whole = false): Field {
  const limits = whole ? { min: 1, max: 50, step: 1 } : { min: 0, max: 1, step: "any" };
  const input = el("input", { type: "number", required: true, ...limits });
  return {
    row: row(name, label, meaning, input),
    show: (settings) => (input.value = String(settings[name])),
    read: () => ({ [name]: input.valueAsNumber }),
  };
}

function yesField(name: Named<boolean>, label: string): Field {
  const input = el("input", { type: "checkbox" });
  return { row: row(name, label, "", input), show: (settings) => (input.checked = settings[name]), read: () => ({ [name]: input.checked }) };
}

function namesField(name: Named<string[]>, label: string): Field {
  const input = el("textarea", { rows: 3 });
  const names = () => input.value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const made = row(name, label, "one name a line", input);
  made.classList.add("wide");
  return { row: made, show: (settings) => (input.value = settings[name].join("\n")), read: () => ({ [name]: names() }) };
}

function orderField(): Field {
  const options = [el("option", { value: "random", text: "at random" }), el("option", { value: "priority", text: "by priority" })];
  const input = el("select", {}, ...options);
  const made = row("order", "Order", "priority: the most doubtful first", input);
  return { row: made, show: (settings) => (input.value = settings.order), read: () => ({ order: input.value }) };
}

function fields(): Field[] {
  return [
    numberField("overlap", "Votes for each comparison", "by different raters; skips do not count", true),
    numberField("overlap_share", "Share with one vote more", "0 to 1; what agreement is estimated from"),
    numberField("repeat_share", "Share shown again", "0 to 1; does a rater agree with themselves"),
    numberField("gold_share", "Share of gold items", "0 to 1; comparisons whose answer is known"),
    orderField(),
    numberField("random_share", "Share at random", "0 to 1; when the order is by priority"),
    yesField("strength", "Ask how much better"),
    yesField("allow_tie", "Allow ties"),
    yesField("markdown", "Show answers as Markdown"),
    yesField("quality", "Ask for the quality of each answer, 1 to 7"),
    namesField("answer_flags", "Flags of answers"),
    namesField("comparison_flags", "Flags of comparisons"),
  ];
}

export async function settingsSection(): Promise<HTMLElement> {
  const all = fields();
  const state = el("span", { role: "status" });
  const show = (settings: Settings) => all.forEach((field) => field.show(settings));
  const save = async (event: Event) => {
    event.preventDefault();
    try {
      show(await post<Settings>("/api/owner/settings", Object.assign({}, ...all.map((field) => field.read())) as object));
      state.textContent = "Saved; it counts from the next task on.";
    } catch (error) {
      state.textContent = (error as Error).message;
    }
  };
  show(await get<Settings>("/api/owner/settings"));
  const buttons = el("p", { class: "buttons" }, button("Save settings", () => {}, { type: "submit" }), state);
  return section("Settings", el("form", { on: { submit: (event) => void save(event) } }, ...all.map((field) => field.row), buttons));
}
