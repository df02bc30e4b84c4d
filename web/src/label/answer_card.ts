// One answer with what can be said of it alone: its rank or whether it is better, quality, flags.
import type { Questions, Task } from "../contract";
import { button, el } from "../dom";
import type { Viewer } from "../viewers/viewer";
import { isTie, type Decision } from "./decision";
import type { Desk, Part } from "./part";
import { complete, ranked } from "./ranking";

const QUALITIES = [1, 2, 3, 4, 5, 6, 7];

function qualityPart(place: number, desk: Desk): Part {
  const radios = QUALITIES.map((quality) => {
    const onChange = () => desk.change((old) => ({ ...old, quality: old.quality.with(place, quality) }));
    return el("input", { type: "radio", name: `quality-${place}`, value: quality, on: { change: onChange } });
  });
  const labels = radios.map((radio, index) => el("label", {}, radio, String(QUALITIES[index])));
  const element = el("fieldset", { class: "quality" }, el("legend", { text: "Quality, 7 best" }), ...labels);
  const update = (decision: Decision) => radios.forEach((radio, index) => (radio.checked = decision.quality[place] === QUALITIES[index]));
  return { element, update };
}

/// Check boxes for a list of names, and how to read and write the chosen ones.
export function flagsPart(
  legend: string,
  names: string[],
  read: (decision: Decision) => string[],
  write: (decision: Decision, chosen: string[]) => Decision,
  desk: Desk,
): Part {
  const boxes = names.map((name) => {
    const onChange = (event: Event) => {
      const { checked } = event.target as HTMLInputElement;
      desk.change((old) => write(old, names.filter((other) => (other === name ? checked : read(old).includes(other)))));
    };
    return el("input", { type: "checkbox", on: { change: onChange } });
  });
  const labels = boxes.map((box, index) => el("label", {}, box, names[index]!));
  const element = el("fieldset", { class: "flags" }, el("legend", { text: legend }), ...labels);
  const update = (decision: Decision) => boxes.forEach((box, index) => (box.checked = read(decision).includes(names[index]!)));
  return { element, update };
}

function answerFlags(place: number, names: string[], desk: Desk): Part {
  const write = (old: Decision, chosen: string[]) => ({ ...old, answer_flags: old.answer_flags.with(place, chosen) });
  const inner = flagsPart(`Flags of answer ${place + 1}`, names, (decision) => decision.answer_flags[place]!, write, desk);
  const summary = el("summary");
  const element = el("details", {}, summary, inner.element);
  const update = (decision: Decision) => {
    inner.update(decision);
    const chosen = decision.answer_flags[place]!;
    summary.textContent = chosen.length ? `Flags: ${chosen.join(", ")}` : "Flags";
  };
  return { element, update };
}

/// The word that an answer carries after the choice; empty before.
export function verdict(decision: Decision, place: number, mode: Task["mode"]): string {
  const level = decision.ranks[place]!;
  if (decision.outcome === "both_bad") return "bad";
  if (decision.outcome !== "compared" || !ranked(level)) return "";
  if (complete(decision.ranks) && isTie(decision.ranks)) return "tie";
  if (mode === "pair") return level === 0 ? "better" : "";
  const shared = decision.ranks.filter((other) => other === level).length > 1;
  return `rank ${level + 1}${shared ? ", tied" : ""}`;
}

export function answerCard(place: number, mode: Task["mode"], viewer: Viewer, questions: Questions, desk: Desk): Part {
  const number = String(place + 1);
  const said = el("span", { class: "verdict" });
  const press = button(number, () => desk.perform({ kind: "answer", place }), {
    class: "chip",
    "aria-label": `Rank answer ${number} next`,
  });
  const head = el("header", {}, mode === "ranking" ? press : el("kbd", { text: number }), el("h2", { text: `Answer ${number}` }), said);
  const body = el("div", { class: "answer-body", tabindex: 0, role: "group", "aria-label": `Text of answer ${number}` }, viewer.element);
  const parts: Part[] = [];
  if (questions.quality) parts.push(qualityPart(place, desk));
  if (questions.answer_flags.length) parts.push(answerFlags(place, questions.answer_flags, desk));
  // A click into the card chooses it, unless it meant something else: selecting a part of the text, or a control.
  const choose = (event: MouseEvent) => {
    const control = (event.target as Element).closest("button, input, label, a, summary, details, fieldset");
    if (control === null && getSelection()?.isCollapsed !== false) desk.perform({ kind: "answer", place });
  };
  const element = el("article", { class: "answer", "aria-label": `Answer ${number}`, on: { click: choose } }, head, body, ...parts.map((part) => part.element));
  const update = (decision: Decision) => {
    said.textContent = verdict(decision, place, mode);
    element.classList.toggle("chosen", decision.outcome === "compared" && decision.ranks[place] === 0);
    element.classList.toggle("rejected", decision.outcome === "both_bad");
    press.setAttribute("aria-pressed", String(ranked(decision.ranks[place]!)));
    for (const part of parts) part.update(decision);
  };
  return { element, update };
}
