import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { faults } from "./accessibility";
import { type Comparison, comparisons, LabelServer, rater, submit, type } from "./harness";

const WIDE = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const LOOKS: [string, BrowserContextOptions][] = (["light", "dark"] as const).flatMap((colorScheme) => [
  [`${colorScheme}-wide`, { ...WIDE, colorScheme }],
  [`${colorScheme}-phone`, { ...PHONE, colorScheme }],
]);

/// Fails on faults of the page; with NUDGE_SCREENSHOTS=folder it also keeps a picture.
async function look(page: Page, name: string): Promise<void> {
  const folder = process.env["NUDGE_SCREENSHOTS"];
  if (folder) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
  assert.deepEqual(await faults(page), [], name);
}

const LONG_WORD = "antidisestablishmentarianism".repeat(8);
const TURNS = [
  { role: "system", content: "Answer briefly." },
  { role: "user", content: `What is ${LONG_WORD}?` },
  { role: "assistant", content: "A word." },
  { role: "user", content: "And what does it mean?\n\n    exactly, please" },
];

function item(answers: string[]): Comparison {
  return { ...comparisons(answers)[0]!, prompt: { id: "turns", messages: TURNS } };
}

for (const [name, options] of LOOKS) {
  test(`pairs, rankings, windows and the panel: ${name}`, async () => {
    const flags = ["--quality", "true", "--comparison_flags", "unsafe", "personal data", "--answer_flags", "instructgpt"];
    const server = await LabelServer.on([item([`A ${LONG_WORD}\u202e hidden`, "```\n" + "code ".repeat(60) + "\n```"])], ...flags);
    const page = await rater(server.link, "Ada", options);
    await look(page, `pair-${name}`);
    await type(page, "1", "8", "d");
    await look(page, `pair-chosen-${name}`);
    for (const key of ["?", "h", "g"]) {
      await type(page, key);
      await page.locator("dialog").waitFor();
      await look(page, `window-${key === "?" ? "keys" : key}-${name}`);
      await type(page, "Escape");
    }
    await page.getByRole("link", { name: "Panel" }).click();
    await page.getByRole("heading", { name: "Agreement" }).waitFor();
    await look(page, `panel-${name}`);

    const answers = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => `Answer ${number}: ${LONG_WORD.slice(0, 40 * number)}`);
    const second = await LabelServer.on([item(answers)]);
    const ranking = await rater(second.link, "Ada", options);
    await type(ranking, "3", "1", "=", "2", "9", "8");
    await look(ranking, `ranking-${name}`);
    await type(ranking, "7", "6", "5", "4", "r");
    await look(ranking, `ranking-whole-${name}`);
    await submit(ranking);
    await look(ranking, `done-${name}`);
  });
}

test("the check of a page sees what is wrong with it", async () => {
  const page = await rater((await LabelServer.on([item(["A", "B"])])).link, "Ada");
  await page.evaluate(() => {
    const faint = Object.assign(document.createElement("p"), { textContent: "hardly seen" });
    faint.style.opacity = "0.3";
    document.querySelector("main")!.append(faint, document.createElement("button"));
  });
  const found = (await faults(page)).map((fault) => fault.split(/[: ]/)[0]);
  assert.deepEqual(found.sort(), ["button-name", "contrast"]);
});

test("two clips play together, in a loop", async () => {
  const clip = (colour: string) => {
    const frames = Array.from({ length: 20 }, (_, index) => [{ shape: "circle", x: 10 * index, y: 50, r: 8, fill: colour }]);
    return { content: JSON.stringify({ width: 200, height: 100, fps: 20, frames }), media: "clip" };
  };
  const server = await LabelServer.on([{ id: "clips", prompt: { id: "clips", text: "Which one jumps?" }, answers: [clip("#c00"), clip("#00c")] }]);
  const page = await rater(server.link, "Ada");
  const picture = () => page.locator("canvas").evaluateAll((canvases) => canvases.map((canvas) => (canvas as HTMLCanvasElement).toDataURL()));
  const first = await picture();
  const until = Date.now() + 30_000;
  const moved = async () => (await picture()).every((image, index) => image !== first[index]);
  while (!(await moved())) {
    assert.ok(Date.now() < until, "both move");
    await page.waitForTimeout(50);
  }
  await type(page, " ");
  const [paused, later] = [await picture(), (await page.waitForTimeout(150), await picture())];
  assert.deepEqual(later, paused, "Space stops both");
  await look(page, "clips");
  await type(page, "2");
  await submit(page);
});
