// What the rater has said of one task so far. Plain values and functions: the page draws them, drafts hold them.
import type { Outcome, Questions, Submission } from "../contract";
import type { Action } from "./keyboard";
import { complete, levels, ranked, toggle, winner, type Ranks } from "./ranking";

export interface Decision {
  outcome: Outcome | null;
  ranks: Ranks;
  strength: number; // of the best over the next best; 0 not said
  quality: number[]; // by place; 0 not said
  answer_flags: string[][];
  flags: string[];
  comment: string;
  tieNext: boolean; // ranking: the next answer becomes level with the last one; of the page only, in no draft
}

export const STRENGTHS = ["negligibly better / unsure", "slightly better", "better", "significantly better"];

export function undecided(places: number): Decision {
  const each = <T>(value: () => T) => Array.from({ length: places }, value);
  return { outcome: null, ranks: each(() => null), strength: 0, quality: each(() => 0), answer_flags: each(() => []), flags: [], comment: "", tieNext: false };
}

/// A draft, or a decision that was undone, as a decision again. Whatever does not fit the task is left out.
export function decisionFrom(draft: object | null, places: number): Decision {
  const fresh = undecided(places);
  const old = (draft ?? {}) as Partial<Decision>;
  const fits = <T>(list: T[] | undefined, otherwise: T[]) => (Array.isArray(list) && list.length === places ? list : otherwise);
  return {
    outcome: old.outcome ?? null,
    ranks: fits(old.ranks, fresh.ranks),
    strength: old.strength ?? 0,
    quality: fits(old.quality, fresh.quality),
    answer_flags: fits(old.answer_flags, fresh.answer_flags),
    flags: old.flags ?? [],
    comment: old.comment ?? "",
    tieNext: false,
  };
}

/// Says one of the things that are no order: nothing is ranked any more.
function setAside(decision: Decision, outcome: Exclude<Outcome, "compared">): Decision {
  return { ...decision, outcome, ranks: decision.ranks.map(() => null), strength: 0, tieNext: false };
}

/// The decision after an action, by key or by button; the same object when the action changes nothing here.
export function decide(old: Decision, action: Action, mode: "pair" | "ranking", questions: Questions): Decision {
  switch (action.kind) {
    case "answer":
      return rank(old, mode === "pair" ? winner(old.ranks, action.place) : toggle(old.ranks, action.place, old.tieNext));
    case "tie":
      if (!questions.allow_tie) return old;
      if (mode === "ranking") return { ...old, tieNext: !old.tieNext && old.ranks.some(ranked) };
      return rank(old, old.ranks.map(() => 0));
    case "strength":
      return asksStrength(old, questions) ? { ...old, strength: action.strength } : old;
    case "both_bad":
    case "cannot_judge":
    case "skipped":
      return setAside(old, action.kind);
    default:
      return old;
  }
}

/// Strength is said of the best and the next best, and goes when others take their places.
export function rank(decision: Decision, ranks: Ranks): Decision {
  const strength = twoBest(ranks) === twoBest(decision.ranks) ? decision.strength : 0;
  return { ...decision, outcome: ranks.some(ranked) ? "compared" : null, ranks, strength, tieNext: false };
}

function twoBest(ranks: Ranks): string {
  return JSON.stringify(levels(ranks).slice(0, 2));
}

export function isTie(ranks: Ranks): boolean {
  return ranks.every((level) => level === 0);
}

/// Whether the choice has a best and a next best, of which strength can be asked.
export function asksStrength(decision: Decision, questions: Questions): boolean {
  return questions.strength && decision.outcome === "compared" && complete(decision.ranks) && !isTie(decision.ranks);
}

/// What keeps the decision from being sent, as one sentence; null when nothing does.
export function missing(decision: Decision): string | null {
  if (decision.outcome === null) return "Nothing is chosen yet.";
  if (decision.outcome === "compared" && !complete(decision.ranks)) {
    const left = decision.ranks.flatMap((level, place) => (ranked(level) ? [] : [place + 1]));
    return `Incomplete: ${left.join(", ")} not ranked yet.`;
  }
  const rated = decision.quality.filter((quality) => quality > 0).length;
  if (decision.outcome !== "skipped" && rated > 0 && rated < decision.quality.length) return "Rate the quality of every answer, or of none.";
  return null;
}

/// The decision in the words of the server. Only for decisions with nothing missing.
export function submission(decision: Decision): Submission {
  const { outcome, strength, answer_flags, flags, comment } = decision;
  const compared = outcome === "compared";
  const rated = outcome !== "skipped" && decision.quality.every((quality) => quality > 0);
  return {
    outcome: outcome!,
    ranks: compared ? decision.ranks.map((level) => level!) : [],
    strength: compared ? strength : 0,
    quality: rated ? decision.quality : [],
    answer_flags: answer_flags.some((names) => names.length > 0) ? answer_flags : [],
    flags,
    comment: comment.trim(),
  };
}

/// The unfinished decision as the server keeps it.
export function draftOf({ tieNext: _, ...draft }: Decision): object {
  return draft;
}
