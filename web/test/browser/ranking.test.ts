import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { comparisons, LabelServer, pressed, rater, sent, status, submit, type } from "./harness";

function ranked(count: number) {
  return comparisons(...[0, 1, 2].map((item) => Array.from({ length: count }, (_, index) => `Answer ${index} of ${item}.`)));
}

/// The places on the board, best first, ties as lists.
async function board(page: Page): Promise<string[][]> {
  const levels = await page.locator(".strip .level").all();
  return Promise.all(levels.map((level) => level.locator(".chip").allInnerTexts()));
}

async function drag(page: Page, chip: string, target: string): Promise<void> {
  const from = (await page.locator(`.board [data-place="${Number(chip) - 1}"]`).boundingBox())!;
  const to = (await page.locator(`.board ${target}`).boundingBox())!;
  await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 5 });
  await page.mouse.up();
}

test("digits rank from best to worst, = ties, and what is missing is said", async () => {
  const server = await LabelServer.on(ranked(4));
  const page = await rater(server.link, "Ada");
  const requests = sent(page);
  await type(page, "3", "1", "=", "2");
  assert.deepEqual(await board(page), [["3"], ["1", "2"]]);
  assert.equal(await status(page), "Incomplete: 4 not ranked yet.");
  await type(page, "Enter");
  assert.equal(requests.length, 0);
  await type(page, "4");
  assert.equal(await status(page), "");
  await submit(page);
  assert.deepEqual(requests[0]!.ranks, [1, 1, 0, 2]);
  await type(page, "0");
  await submit(page);
  assert.equal(requests[1]!.outcome, "both_bad");
});

test("a whole ranking is asked how much better its best is, and need not say", async () => {
  const server = await LabelServer.on(ranked(3));
  const page = await rater(server.link, "Ada");
  const requests = sent(page);
  const asked = page.getByRole("group", { name: "How much better the best is than the next" });
  await type(page, "3", "1");
  assert.equal(await asked.isVisible(), false);
  await type(page, "2", "e");
  assert.deepEqual(await pressed(page), ["e better"]);
  await submit(page);
  await type(page, "u");
  await page.locator(".status", { hasText: /^Undone/ }).waitFor();
  assert.deepEqual(await pressed(page), ["e better"]);
  await submit(page);
  await type(page, "2", "3", "1");
  await submit(page);
  assert.deepEqual(requests.map(({ strength }) => strength), [3, 3, 0]);
  await type(page, "h");
  await page.locator(".history").waitFor();
  const said = await page.locator(".history li .muted").allInnerTexts();
  assert.deepEqual(said.slice(0, 2).map((text) => text.split(" · ").slice(1).join(" · ")), ["2, 3, 1", "3, 1, 2 · better"]);
});

test("answers are dragged onto a level, into a gap and back", async () => {
  const server = await LabelServer.on(ranked(4));
  const page = await rater(server.link, "Ada");
  await drag(page, "2", ".gap");
  assert.deepEqual(await board(page), [["2"]]);
  await drag(page, "4", "[data-gap='1']");
  assert.deepEqual(await board(page), [["2"], ["4"]]);
  await drag(page, "1", "[data-gap='0']");
  assert.deepEqual(await board(page), [["1"], ["2"], ["4"]]);
  await drag(page, "3", "[data-on='1']");
  assert.deepEqual(await board(page), [["1"], ["2", "3"], ["4"]]);
  await drag(page, "4", "[data-gap='1']");
  assert.deepEqual(await board(page), [["1"], ["4"], ["2", "3"]]);
  assert.equal(await status(page), "");
  await type(page, "4");
  await drag(page, "1", ".tray");
  assert.deepEqual(await board(page), [["2", "3"]]);
  assert.equal(await status(page), "Incomplete: 1, 4 not ranked yet.");
});

test("nine answers are ranked by their digits, and by a finger on a phone", async () => {
  const server = await LabelServer.on(ranked(9));
  const page = await rater(server.link, "Ada", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const requests = sent(page);
  for (const place of [9, 8, 7, 6, 5, 4, 3, 2, 1]) await page.locator(`.tray [data-place="${place - 1}"]`).tap();
  await page.getByRole("button", { name: "Submit" }).tap();
  await page.locator(".status", { hasText: /^Saved/ }).waitFor();
  assert.deepEqual(requests[0]!.ranks, [8, 7, 6, 5, 4, 3, 2, 1, 0]);
});
