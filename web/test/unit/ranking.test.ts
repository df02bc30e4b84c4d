import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen } from "../../src/label/history";
import { levels, move, toggle } from "../../src/label/ranking";

test("levels list the places of each rank, best first", () => {
  assert.deepEqual(levels([1, 0, null, 1]), [[1], [0, 3]]);
  assert.deepEqual(levels([null, null]), []);
});

test("dropping on a level ties, dropping in a gap makes a level", () => {
  assert.deepEqual(move([0, 1, 2], 2, { on: 0 }), [0, 1, 0]);
  assert.deepEqual(move([0, 1, 2], 2, { gap: 0 }), [1, 2, 0]);
  assert.deepEqual(move([0, 1, 2], 0, { gap: 3 }), [2, 0, 1]);
  assert.deepEqual(move([0, 0, 1], 0, { gap: 1 }), [1, 0, 2], "out of a tie");
  assert.deepEqual(move([0, 1, null], 2, { gap: 1 }), [0, 2, 1]);
  assert.deepEqual(move([0, 1, 2], 1, "unranked"), [0, null, 1]);
});

test("dropping an answer where it was changes nothing", () => {
  const ranks = [0, 1, 2];
  assert.deepEqual(move(ranks, 1, { on: 1 }), ranks);
  assert.deepEqual(move(ranks, 1, { gap: 1 }), ranks);
  assert.deepEqual(move(ranks, 1, { gap: 2 }), ranks);
});

test("whatever is done, the levels are dense", () => {
  let ranks = Array.from({ length: 9 }, () => null as number | null);
  let state = 1;
  const below = (count: number) => (state = (state * 48271) % 2147483647) % count;
  for (let step = 0; step < 2000; step++) {
    const place = below(9);
    const count = levels(ranks).length;
    const target = ([{ on: below(Math.max(1, count)) }, { gap: below(count + 1) }, "unranked"] as const)[below(3)]!;
    ranks = below(2) ? toggle(ranks, place, below(2) === 1) : move(ranks, place, target);
    const used = new Set(ranks.filter((level) => level !== null));
    assert.deepEqual([...used].sort(), [...used.keys()].map((_, index) => index), `after step ${step}: ${ranks}`);
  }
});

test("the history says what was chosen by the numbers the answers had", () => {
  const said = (ranks: number[], strength = 0) => chosen({ outcome: "compared", ranks, strength });
  assert.deepEqual([[0, 1], [1, 0], [0, 0]].map((ranks) => said(ranks)), ["1 is better", "2 is better", "tie"]);
  assert.equal(said([1, 1, 0, 2]), "3, 1 = 2, 4");
  assert.equal(said([1, 0], 2), "2 is better · slightly better");
  assert.equal(said([1, 2, 0], 4), "3, 1, 2 · significantly better");
  assert.equal(chosen({ outcome: "both_bad", ranks: [], strength: 0 }), "both bad");
});
