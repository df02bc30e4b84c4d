import assert from "node:assert/strict";
import { test } from "node:test";
import { complaints, LabelServer, open, pairs, rater, saved, submit, type } from "./harness";

test("an ended link, a cut one and none at all get a page, not JSON", async () => {
  const server = await LabelServer.on(pairs(2));
  const { origin } = new URL(server.link);
  for (const address of [`${origin}/?token=${"0".repeat(64)}`, server.link.slice(0, -5), `${origin}/`, `${origin}/no/such/page`]) {
    const page = await open(address, "somebody");
    assert.equal(await page.locator("h1").innerText(), "This link is not valid here");
    const text = await page.locator("body").innerText();
    assert.match(text, /Ask whoever gave it to you/);
    assert.doesNotMatch(text, /[{}]/);
    assert.equal(await page.locator("body").evaluate((body) => getComputedStyle(body).maxWidth), "544px", "its style is allowed");
    await page.context().close();
  }
  const owner = await open(server.link, "Owner");
  await owner.goto(`${origin}/no/such/page`);
  assert.equal(await owner.locator("h1").innerText(), "There is no such page");
  complaints.splice(0); // Chromium reports each of these
});

/// A task whose first answer the browser cannot show: stores of earlier versions may hold such clips (malformed-clip).
test("a task whose viewer fails can be skipped", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  const broken = '{"width":320,"height":200,"fps":20,"frames":[[null]]}';
  await page.route("**/api/next", async (route) => {
    const reply = await (await route.fetch()).json() as { task: { answers: object[] } };
    reply.task.answers[0] = { content: broken, media: "clip" };
    await route.fulfill({ json: reply });
  });
  await page.reload();
  await page.locator(".desk .problem", { hasText: "cannot be shown" }).waitFor();
  await page.unroute("**/api/next");
  await type(page, "s", "Enter");
  await saved(page);
  await type(page, "1");
  await submit(page);
});
