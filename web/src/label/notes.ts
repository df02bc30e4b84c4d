// What can be said of the comparison as a whole: flags and a comment.
import type { Questions } from "../contract";
import { el } from "../dom";
import { flagsPart } from "./answer_card";
import type { Decision } from "./decision";
import type { Desk, Part } from "./part";

export interface Notes extends Part {
  focusComment(): void;
}

export function notes(questions: Questions, desk: Desk): Notes {
  const onInput = () => desk.change((old) => ({ ...old, comment: comment.value }));
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Escape") comment.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) desk.perform({ kind: "submit" });
  };
  const comment = el("textarea", { rows: 2, maxlength: 5000, on: { input: onInput, keydown: onKey } });
  const label = el("label", { class: "comment" }, el("span", {}, el("kbd", { text: "c", "aria-hidden": "true" }), "Comment"), comment);
  const write = (old: Decision, flags: string[]) => ({ ...old, flags });
  const flags = questions.comparison_flags.length
    ? flagsPart("Flag this comparison", questions.comparison_flags, (decision) => decision.flags, write, desk)
    : null;
  const element = el("section", { class: "notes", "aria-label": "Notes" }, flags && flags.element, label);
  const update = (decision: Decision) => {
    flags?.update(decision);
    if (comment.value !== decision.comment) comment.value = decision.comment;
  };
  return { element, update, focusComment: () => comment.focus() };
}
