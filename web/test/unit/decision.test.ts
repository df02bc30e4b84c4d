import assert from "node:assert/strict";
import { test } from "node:test";
import type { Questions } from "../../src/contract";
import { asksStrength, decide, decisionFrom, draftOf, missing, submission, undecided, type Decision } from "../../src/label/decision";
import { actionFor, type Action } from "../../src/label/keyboard";

const QUESTIONS: Questions = { strength: true, quality: true, answer_flags: [], comparison_flags: [], allow_tie: true, markdown: true };

function press(key: string, code = "", shiftKey = false) {
  return { key, code, shiftKey, ctrlKey: false, metaKey: false, altKey: false };
}

/// What a rater who types these keys has said.
function typed(keys: string, mode: "pair" | "ranking", places: number, questions = QUESTIONS): Decision {
  return [...keys].reduce((decision, key) => decide(decision, actionFor(press(key), mode, places)!, mode, questions), undecided(places));
}

test("the four things that are not a preference stay four things", () => {
  assert.deepEqual(submission(typed("3", "pair", 2)).ranks, [0, 0]);
  for (const [key, outcome] of [["4", "both_bad"], ["x", "cannot_judge"], ["s", "skipped"]] as const) {
    const sent = submission(typed(`1${key}`, "pair", 2));
    assert.equal(sent.outcome, outcome);
    assert.deepEqual(sent.ranks, [], "a choice that was taken back leaves no order");
  }
});

test("a and b choose as 1 and 2 do, capitals too", () => {
  for (const [letter, digit] of [["a", "1"], ["b", "2"], ["B", "2"]] as const) {
    assert.deepEqual(typed(letter, "pair", 2), typed(digit, "pair", 2));
  }
});

test("strength belongs to the choice it was said of", () => {
  assert.equal(typed("18", "pair", 2).strength, 3);
  assert.equal(typed("181", "pair", 2).strength, 3, "choosing the same again keeps it");
  assert.equal(typed("182", "pair", 2).strength, 0, "the other answer needs a strength of its own");
  assert.equal(typed("83", "pair", 2).strength, 0, "before the choice there is nothing to be strong about");
  assert.equal(asksStrength(typed("3", "pair", 2), QUESTIONS), false, "a tie has no strength");
  assert.equal(submission(typed("19x", "pair", 2)).strength, 0);
});

test("strength of a ranking is that of the best over the next best", () => {
  assert.equal(typed("312w", "ranking", 3).strength, 2);
  assert.equal(typed("31w2", "ranking", 3).strength, 0, "before the ranking is whole it is not asked");
  assert.equal(typed("31=2r", "ranking", 3).strength, 4, "over those that share the second place");
  assert.equal(typed("1=2=3q", "ranking", 3).strength, 0, "nothing is best");
  assert.equal(typed("3142e22", "ranking", 4).strength, 3, "what happens further down does not touch it");
  assert.equal(typed("3142e1", "ranking", 4).strength, 0, "another next best needs a strength of its own");
  assert.deepEqual(typed("987654321", "ranking", 9).ranks, [8, 7, 6, 5, 4, 3, 2, 1, 0], "digits are answers");
  assert.equal(submission(typed("312wx", "ranking", 3)).strength, 0);
  assert.equal(typed("312w", "ranking", 3, { ...QUESTIONS, strength: false }).strength, 0);
});

test("a store without ties has no key for them", () => {
  const none = { ...QUESTIONS, allow_tie: false };
  assert.equal(typed("3", "pair", 2, none).outcome, null);
  assert.deepEqual(typed("1=2", "ranking", 3, none).ranks, [0, 1, null]);
});

test("a ranking is typed from best to worst, = before an answer that ties", () => {
  assert.deepEqual(typed("31=2", "ranking", 3).ranks, [1, 1, 0]);
  assert.deepEqual(typed("123", "ranking", 3).ranks, [0, 1, 2]);
  assert.deepEqual(typed("1231", "ranking", 3).ranks, [null, 0, 1], "a digit again takes the answer out, and levels close up");
  assert.deepEqual(typed("==1=2", "ranking", 2).ranks, [0, 0], "= with nothing ranked does nothing");
});

test("what is missing is said until nothing is", () => {
  assert.equal(missing(undecided(2)), "Nothing is chosen yet.");
  assert.equal(missing(typed("31", "ranking", 4)), "Incomplete: 2, 4 not ranked yet.");
  assert.equal(missing(typed("312", "ranking", 4)), "Incomplete: 4 not ranked yet.");
  assert.equal(missing(typed("3124", "ranking", 4)), null);
  const halfRated = { ...typed("1", "pair", 2), quality: [5, 0] };
  assert.equal(missing(halfRated), "Rate the quality of every answer, or of none.");
  assert.equal(missing(decide(halfRated, { kind: "skipped" }, "pair", QUESTIONS)), null);
});

test("what was not asked or not said is sent empty", () => {
  const sent = submission({ ...typed("2", "pair", 2), comment: "  why \n" });
  assert.deepEqual(sent, { outcome: "compared", ranks: [1, 0], strength: 0, quality: [], answer_flags: [], flags: [], comment: "why" });
  const full = submission({ ...typed("2", "pair", 2), quality: [3, 6], answer_flags: [[], ["hallucination"]] });
  assert.deepEqual([full.quality, full.answer_flags], [[3, 6], [[], ["hallucination"]]]);
});

test("a draft comes back as it was, and a decision that was undone too", () => {
  const half = { ...typed("2=", "ranking", 3), comment: "not sure", flags: ["unsafe"] };
  assert.deepEqual(decisionFrom(JSON.parse(JSON.stringify(draftOf(half))), 3), { ...half, tieNext: false });
  const undone = decisionFrom(submission(typed("29", "pair", 2)), 2);
  assert.deepEqual([undone.ranks, undone.strength, undone.quality], [[1, 0], 4, [0, 0]]);
  assert.deepEqual(decisionFrom(submission(typed("s", "pair", 2)), 2).ranks, [null, null]);
  assert.deepEqual(decisionFrom({ ranks: [0] }, 2), undecided(2), "a draft of another task is left out");
});

test("keys with modifiers are the browser's, digits of other layouts are not", () => {
  assert.equal(actionFor({ ...press("1"), ctrlKey: true }, "pair", 2), null);
  assert.equal(actionFor({ ...press("c"), metaKey: true }, "pair", 2), null);
  assert.deepEqual(actionFor({ ...press("Enter"), ctrlKey: true }, "pair", 2), { kind: "submit" } satisfies Action, "from anywhere");
  assert.deepEqual(actionFor(press("&", "Digit1"), "pair", 2), { kind: "answer", place: 0 } satisfies Action);
  assert.equal(actionFor(press("!", "Digit1", true), "pair", 2), null);
  assert.deepEqual(actionFor(press("?", "Slash", true), "pair", 2), { kind: "help" } satisfies Action);
  assert.equal(actionFor(press("4"), "ranking", 3), null, "there is no fourth answer");
  assert.deepEqual(actionFor(press("0"), "ranking", 3), { kind: "both_bad" } satisfies Action);
  assert.equal(actionFor(press("q"), "pair", 2), null, "a pair has digits for its strength");
});
