import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { comparisons, complaints, history, LabelServer, pairs, rater, saved, sent, status, submit, type } from "./harness";

test("two raters never hold the same task", async () => {
  const server = await LabelServer.on(pairs(4));
  const [ada, grace] = [await rater(server.link, "Ada"), await rater(server.link, "Grace")];
  const seen: string[] = [];
  for (let turn = 0; turn < 2; turn++) {
    const prompts = await Promise.all([ada, grace].map((page) => page.locator(".prompt .text").innerText()));
    assert.notEqual(prompts[0], prompts[1]);
    seen.push(...prompts);
    for (const page of [ada, grace]) {
      await type(page, "1");
      await submit(page);
    }
  }
  assert.equal(new Set(seen).size, 4, "with one vote each, nobody gets what another has done");
});

test("two tabs of one rater stay sane: one task, one label, and the late tab goes on", async () => {
  const server = await LabelServer.on(pairs(3));
  const first = await rater(server.link, "Ada");
  const second = await first.context().newPage();
  await second.goto(new URL("/", server.link).href);
  await second.locator(".desk").waitFor();
  const asked = (page: Page) => page.locator(".prompt .text").innerText();
  const question = await asked(first);
  assert.equal(await asked(second), question, "a rater has one task, wherever it is open");
  await type(first, "1");
  await submit(first);
  await type(second, "2", "Enter"); // decided already, in the other tab
  await second.locator(".status", { hasText: "Not saved: This task was answered already" }).waitFor();
  assert.deepEqual((await history(first)).map(({ outcome }) => outcome), ["compared"]);
  assert.equal(await asked(second), await asked(first), "both are before the next task");
  await Promise.all([first, second].map((page) => type(page, "2", "Enter"))); // at the same moment
  for (const page of [first, second]) await page.locator(".prompt .text", { hasNotText: /^$/ }).waitFor();
  await Promise.all([first, second].map((page) => page.locator(".status", { hasText: /^(Saved|Not saved: This task)/ }).waitFor()));
  assert.equal((await history(first)).length, 2);
  await type(second, "u"); // the other tab's, as it is this rater's last
  await second.locator(".status", { hasText: "Undone" }).waitFor();
  await type(second, "1");
  await submit(second);
  const decisions = await history(second);
  assert.deepEqual(decisions.map(({ undone }) => undone), [false, true, false]);
  complaints.splice(0); // Chromium reports the refusals
});

test("a lost connection loses nothing and makes nothing twice", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  const requests = sent(page);
  await page.route("**/api/submit", (route) => route.abort());
  await type(page, "2", "Enter");
  await page.locator(".status", { hasText: "Not saved yet" }).waitFor();
  assert.deepEqual(await history(page), []);
  await type(page, "1", "Enter", "u"); // nothing can be changed while it is under way
  await page.unroute("**/api/submit");
  await saved(page);
  assert.equal((await history(page)).length, 1);
  assert.ok(requests.length >= 2);
  assert.ok(requests.every((request) => request.nonce === requests[0]!.nonce && request.ranks[1] === 0));
});

test("a decision whose answer was lost is not made twice", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  let lost = 0;
  await page.route("**/api/submit", async (route) => {
    await route.fetch(); // the server saves it
    if (lost++ === 0) await route.abort();
    else await route.continue();
  });
  await type(page, "1", "Enter");
  await saved(page);
  assert.ok(lost >= 2);
  assert.equal((await history(page)).length, 1);
});

test("a page that is closed before it could send is sent by the next", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await page.route("**/api/submit", (route) => route.abort());
  await type(page, "2", "Enter");
  await page.locator(".status", { hasText: "Not saved yet" }).waitFor();
  await page.unroute("**/api/submit");
  await page.reload();
  await saved(page);
  assert.equal((await history(page)).length, 1);
});

test("a decision on its way goes ahead as a draft, so that the task comes back with it wherever it is opened", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await page.route("**/api/submit", (route) => route.abort());
  const drafted = page.waitForResponse("**/api/draft");
  await type(page, "2", "Enter");
  assert.ok((await drafted).ok());
  await page.locator(".status", { hasText: "Not saved yet" }).waitFor();
  const draft = await page.evaluate(async () => {
    const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" };
    return ((await (await fetch("/api/next", request)).json()) as { task: { draft: { ranks: number[] } } }).task.draft;
  });
  assert.deepEqual(draft.ranks, [1, 0]);
});

test("a decision that waits in the browser outlives the server", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await page.route("**/api/submit", (route) => route.abort());
  await type(page, "2", "Enter");
  await page.locator(".status", { hasText: "Not saved yet" }).waitFor();
  const { link } = await server.again();
  assert.equal(link, server.link, "links outlive the server");
  await page.unroute("**/api/submit");
  await page.goto(link);
  assert.equal(await page.getByLabel("Your name").inputValue(), "Ada", "who was here last");
  await page.keyboard.press("Enter");
  await saved(page);
  assert.equal((await history(page)).length, 1);
  complaints.splice(0); // Chromium reports that nobody answered
});

test("a tab that stays open over a restart goes on by itself", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await page.route("**/api/submit", (route) => route.abort());
  await type(page, "2", "Enter");
  await page.locator(".status", { hasText: "Not saved yet" }).waitFor();
  await server.again();
  await page.unroute("**/api/submit");
  await saved(page);
  assert.equal((await history(page)).length, 1);
  complaints.splice(0); // Chromium reports that nobody answered
});

test("a browser whose storage is full, broken or off labels all the same", async () => {
  const server = await LabelServer.on(pairs(6));
  const storages = [
    () => (Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); }),
    () => Object.defineProperty(window, "localStorage", { get: () => { throw new DOMException("off", "SecurityError"); } }),
    () => { for (const key of ["unsent", "view", "guidelines"]) localStorage.setItem(`nudge.${key}.store.nudge.Ada`, "{broken"); },
  ];
  for (const storage of storages) {
    const page = await rater(server.link, "Ada");
    await page.addInitScript(storage);
    await page.reload();
    await page.locator(".desk").waitFor();
    await type(page, "m", "1");
    await submit(page);
  }
});

test("a double click makes one label", async () => {
  const server = await LabelServer.on(pairs(4));
  const page = await rater(server.link, "Ada");
  await type(page, "1");
  await page.getByRole("button", { name: "Submit" }).dblclick();
  await saved(page);
  await page.waitForTimeout(300);
  assert.equal((await history(page)).length, 1);
});

test("a store that cannot write says so, keeps the decision, and takes it when it can", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  const full = { error: "The disk is full: the store is read-only until there is room.", code: "read_only" };
  await page.route("**/api/submit", (route) => route.fulfill({ status: 503, json: full }));
  await type(page, "1", "Enter");
  await page.locator(".status", { hasText: "The disk is full" }).waitFor();
  await page.unroute("**/api/submit");
  await saved(page);
  assert.equal((await history(page)).length, 1);
});

test("a decision that the server refuses is not called saved, and can be mended", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await page.route("**/api/submit", (route) => route.fulfill({ status: 400, json: { error: "That is no vote.", code: "bad_request" } }));
  await type(page, "1", "Enter");
  await page.locator(".status", { hasText: "Not saved: That is no vote." }).waitFor();
  complaints.splice(0); // Chromium reports the refusal that was asked for
  await page.unroute("**/api/submit");
  await type(page, "2");
  await submit(page);
  assert.deepEqual((await history(page)).length, 1);
});

test("a task is kept for a rater who works on it, and given back by one who went away", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  let renewed = 0;
  page.on("request", (request) => (renewed += Number(request.url().endsWith("/api/renew"))));
  const renewal = () => page.waitForRequest(/\/api\/renew$/, { timeout: 60_000 });
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute++) {
      await page.clock.fastForward(60_000);
      await page.waitForTimeout(100);
    }
  };
  await page.keyboard.press("1");
  await Promise.all([renewal(), minutes(2)]);
  const before = renewed;
  await minutes(5);
  assert.equal(renewed, before, "nobody was there");
  await page.keyboard.press("2");
  await Promise.all([renewal(), minutes(2)]);
});

const FORGED = [
  '<script>window.forged = 1</script><img src=x onerror="window.forged = 1"><a href="javascript:window.forged=1">x</a>',
  "safe\u202etxet desrever\u202c and zero\u200bwidth \u2066isolated\u2069",
];

test("what a model wrote is text, and what it hid is seen", async () => {
  const server = await LabelServer.on(comparisons(FORGED));
  const page = await rater(server.link, "Ada");
  const texts = await page.locator(".answer .text").allInnerTexts();
  assert.ok(texts.some((text) => text.includes("<script>window.forged = 1</script>")), texts.join("\n"));
  assert.deepEqual(await page.locator(".hidden-character").allInnerTexts(), ["RLO", "PDF", "ZWSP", "LRI", "PDI"]);
  assert.equal(await page.locator(".desk script, .desk img, .desk a").count(), 0);
  await type(page, "d", "1");
  assert.equal(await page.evaluate(() => (window as { forged?: number }).forged), undefined);
  await submit(page);
  await type(page, "h");
  assert.equal(await page.locator("dialog script, dialog img").count(), 0);
});

test("whitespace and code are kept", async () => {
  const code = "Try:\n\n```python\nif x:\n\treturn  1   # two spaces\n```\nDone.";
  const server = await LabelServer.on(comparisons([code, "plain\n   indented"]));
  const page = await rater(server.link, "Ada");
  await type(page, "m"); // raw
  const shown = await page.locator(".answer .text").evaluateAll((elements) => elements.map((element) => element.textContent));
  assert.deepEqual(shown.sort(), [code, "plain\n   indented"].sort());
  assert.match(await page.locator(".answer code").evaluate((element) => getComputedStyle(element).whiteSpace), /pre-wrap|preserve/);
  assert.match(await page.locator(".answer code").evaluate((element) => getComputedStyle(element).fontFamily), /mono/i);
});

test("an answer of 200 KB is shown whole, and can be judged", async () => {
  const long = "word ".repeat(40_000).trim();
  const server = await LabelServer.on(comparisons([long, "short"], ["a", "b"]));
  const page = await rater(server.link, "Ada");
  const start = Date.now();
  await type(page, "1", "d", "2", "7");
  await submit(page);
  assert.ok(Date.now() - start < 30_000, "a long answer does not stop the keys");
});

test("the page is served with a policy that forbids whatever is not its own", async () => {
  const server = await LabelServer.on(pairs(2));
  const page = await rater(server.link, "Ada");
  const response = (await page.goto(new URL("/", server.link).href))!;
  const policy = response.headers()["content-security-policy"] ?? "";
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]) assert.ok(policy.includes(part), policy);
  assert.ok(!page.url().includes("token"), "the token leaves the address");
  await page.locator(".desk").waitFor();
  assert.equal(await status(page), "");
});
