// The buttons of the choice, each with its key: who is better, the three other things one can say, and how strongly.
import type { Questions, Task } from "../contract";
import { button, el } from "../dom";
import { asksStrength, isTie, STRENGTHS, type Decision } from "./decision";
import { STRENGTH_KEYS, type Action } from "./keyboard";
import type { Desk, Part } from "./part";

interface Choice {
  key: string;
  label: string;
  action: Action;
  holds: (decision: Decision) => boolean;
}

function aside(key: string, label: string, kind: "both_bad" | "cannot_judge" | "skipped"): Choice {
  return { key, label, action: { kind }, holds: (decision) => decision.outcome === kind };
}

function choicesOf(mode: Task["mode"], questions: Questions): Choice[] {
  const compared = (decision: Decision) => decision.outcome === "compared";
  const better = (place: number): Choice => ({
    key: String(place + 1),
    label: "is better",
    action: { kind: "answer", place },
    holds: (decision) => compared(decision) && decision.ranks[place] === 0 && !isTie(decision.ranks),
  });
  const tie: Choice = { key: "3", label: "Tie", action: { kind: "tie" }, holds: (decision) => compared(decision) && isTie(decision.ranks) };
  const others = [aside("x", "Cannot judge", "cannot_judge"), aside("s", "Skip", "skipped")];
  if (mode === "ranking") return [aside("0", "None is good", "both_bad"), ...others];
  return [better(0), better(1), ...(questions.allow_tie ? [tie] : []), aside("4", "Both bad", "both_bad"), ...others];
}

/// A key cap and what it does. The cap of an answer is its number, too: screen readers are told of that one.
export function keyed(key: string, label: string, spoken = false): Node[] {
  return [el("kbd", { text: key, "aria-hidden": spoken ? null : "true" }), el("span", { text: label })];
}

export function choiceButtons(mode: Task["mode"], questions: Questions, desk: Desk): Part {
  const choices = choicesOf(mode, questions);
  const buttons = choices.map((choice) => {
    const made = button(null, () => desk.perform(choice.action), { "aria-pressed": "false", "aria-keyshortcuts": choice.key });
    made.append(...keyed(choice.key, choice.label, choice.action.kind === "answer"));
    return made;
  });
  const element = el("div", { class: "choices", role: "group", "aria-label": "Your choice" }, ...buttons);
  const update = (decision: Decision) =>
    buttons.forEach((made, index) => made.setAttribute("aria-pressed", String(choices[index]!.holds(decision))));
  return { element, update };
}

/// Four steps, in the words of Llama 2's raters (Touvron et al. 2023), of the best over the next best answer; shown when
/// there are these two.
export function strengthButtons(mode: Task["mode"], questions: Questions, desk: Desk): Part {
  const buttons = STRENGTHS.map((label, index) => {
    const key = STRENGTH_KEYS[mode][index]!;
    const made = button(null, () => desk.perform({ kind: "strength", strength: index + 1 }), { "aria-pressed": "false", "aria-keyshortcuts": key });
    const [first, ...rest] = label.split(" ");
    const shortens = el("span", { class: "rest-of-label", text: ` ${rest.join(" ")}` }); // left out where there is no room
    made.append(el("kbd", { text: key, "aria-hidden": "true" }), el("span", {}, first!, rest.length > 0 && shortens));
    return made;
  });
  const ofWhich = mode === "ranking" && el("span", { class: "of-which", text: "The best, against the next:" });
  const spoken = mode === "ranking" ? "How much better the best is than the next" : "How much better";
  const element = el("div", { class: "strength", role: "group", "aria-label": spoken }, ofWhich, ...buttons);
  const update = (decision: Decision) => {
    element.classList.toggle("unasked", !asksStrength(decision, questions)); // keeps its place where there is room
    buttons.forEach((made, index) => made.setAttribute("aria-pressed", String(decision.strength === index + 1)));
  };
  return { element, update };
}
