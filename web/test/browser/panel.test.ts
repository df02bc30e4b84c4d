import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { complaints, LabelServer, open, pairs, rater, submit, type } from "./harness";

/// The owner's panel; nobody needs a name for it.
async function panel(link: string): Promise<Page> {
  const page = await open(link, "Owner");
  await page.goto(new URL("/#panel", link).href);
  await page.getByRole("heading", { name: "Progress" }).waitFor();
  return page;
}

test("the owner sees how it goes, and raters cannot", async () => {
  const server = await LabelServer.on(pairs(3), "--overlap", "2");
  const owner = await panel(server.link);
  const link = await owner.getByLabel(/For raters only/).inputValue();
  const [ada, grace] = [await rater(link, "Ada"), await rater(link, "Grace")];
  assert.equal(await ada.getByRole("link", { name: "Panel" }).count(), 0);
  const refused = await ada.evaluate(async () => (await fetch("/api/owner/summary")).status);
  assert.equal(refused, 403);
  complaints.splice(0); // Chromium reports the refusal that was asked for
  for (const page of [ada, grace]) {
    for (let item = 0; item < 3; item++) {
      await type(page, "1", "c");
      await page.keyboard.type("odd");
      await type(page, "Escape");
      await submit(page);
    }
  }
  await owner.reload();
  await owner.getByRole("heading", { name: "Progress" }).waitFor();
  const text = await owner.locator("main").innerText();
  assert.match(text, /3 of 3 comparisons done · 6 votes/);
  assert.match(text, /Ada\s+3/);
  assert.match(text, /First answer chosen/);
  assert.match(text, /\(not said\)\s+3\s+6/, "comparisons and pairs of the model, which these answers do not name");
  assert.equal(await owner.locator(".flagged blockquote").count(), 6);
});

test("guidelines get a version, and raters see the new one", async () => {
  const server = await LabelServer.on(pairs(3));
  const owner = await panel(server.link);
  const link = await owner.getByLabel(/For raters only/).inputValue();
  const ada = await rater(link, "Ada");
  await owner.locator("#guidelines").fill("Truth before style.\n\n<b>Not bold.</b>");
  await owner.getByRole("button", { name: "Save as a new version" }).click();
  await owner.getByText("Saved; raters see it").waitFor();
  await type(ada, "1", "Enter");
  await ada.getByRole("heading", { name: /Guidelines, version/ }).waitFor();
  assert.ok((await ada.locator("dialog .text").innerText()).includes("<b>Not bold.</b>"));
});

test("settings, export and backup work from the panel", async () => {
  const server = await LabelServer.on(pairs(3));
  const owner = await rater(server.link, "Owner");
  await type(owner, "1");
  await submit(owner);
  await owner.getByRole("link", { name: "Panel" }).click();
  await owner.getByLabel("Ask for the quality").check();
  await owner.getByLabel("Flags of comparisons").fill("unsafe\nbroken prompt");
  await owner.getByRole("button", { name: "Save settings" }).click();
  await owner.getByText("it counts from the next task on").waitFor();
  const download = owner.waitForEvent("download");
  await owner.getByRole("link", { name: "Pairs (TRL)" }).click();
  const exported = readFileSync(await (await download).path(), "utf8");
  assert.equal(exported.trim().split("\n").length, 1);
  assert.ok("chosen" in JSON.parse(exported.split("\n")[0]!));
  await owner.getByRole("button", { name: "Back up the store" }).click();
  const written = await owner.getByText(/^Written: /).innerText();
  assert.ok(existsSync(join(server.folder, written.replace("Written: ", ""))), written);
  await owner.getByRole("link", { name: "Label" }).click();
  await owner.getByRole("group", { name: "Quality, 7 best" }).first().waitFor();
  assert.equal(await owner.getByLabel("broken prompt").count(), 1);
});
