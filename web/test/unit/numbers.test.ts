import assert from "node:assert/strict";
import { test } from "node:test";
import { range } from "../../src/panel/interval";
import { coefficient, percent } from "../../src/panel/numbers";
import type { Interval } from "../../src/panel/summary";
import { counted } from "../../src/text/counted";

test("numbers agree with their nouns", () => {
  assert.deepEqual([0, 1, 2].map((count) => counted(count, "vote")), ["0 votes", "1 vote", "2 votes"]);
});

test("an interval that says nothing is not written", () => {
  assert.equal(range({ value: 0.5, low: 0.25, high: 0.75, count: 9 }, percent), "25 % to 75 %");
  assert.equal(range({ value: 1, low: 1, high: 1, count: 2 }, percent), "", "100 % to 100 % of two votes");
  assert.equal(range({ value: 1, low: null, high: null, count: 2 } as unknown as Interval, coefficient), "", "– to –");
});
