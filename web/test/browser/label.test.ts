import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisons, history, LabelServer, pairs, pressed, rater, saved, sent, status, submit, type } from "./harness";

test("every key of a pair does what its button says", async () => {
  const server = await LabelServer.on(pairs(12));
  const page = await rater(server.link, "Ada");
  const requests = sent(page);
  const cases: [string[], Partial<(typeof requests)[0]>][] = [
    [["1"], { outcome: "compared", ranks: [0, 1], strength: 0 }],
    [["b", "9"], { outcome: "compared", ranks: [1, 0], strength: 4 }],
    [["a", "6"], { outcome: "compared", ranks: [0, 1], strength: 1 }],
    [["2", "7"], { outcome: "compared", ranks: [1, 0], strength: 2 }],
    [["3"], { outcome: "compared", ranks: [0, 0], strength: 0 }],
    [["4"], { outcome: "both_bad", ranks: [] }],
    [["x"], { outcome: "cannot_judge", ranks: [] }],
    [["1", "8", "s"], { outcome: "skipped", ranks: [], strength: 0 }],
  ];
  for (const [keys, expected] of cases) {
    await type(page, ...keys);
    await submit(page);
    const request = requests[requests.length - 1]!;
    for (const [name, value] of Object.entries(expected)) assert.deepEqual(request[name as keyof typeof request], value, keys.join(" "));
  }
  assert.equal(requests.length, cases.length);
  assert.ok(requests.every((request) => request.seconds > 0 && request.page_events[0]!.kind === "shown"));
  assert.deepEqual((await history(page)).map((past) => past.outcome).reverse(), cases.map(([, { outcome }]) => outcome));
});

test("the page opens help, guidelines and history by key, and keys rest while a window is open", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  for (const [key, title] of [["?", "Keys"], ["g", /Guidelines/], ["h", "Your decisions"]] as const) {
    await type(page, key);
    await page.getByRole("heading", { name: title }).waitFor();
    await type(page, "1", "Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.deepEqual(await pressed(page), []);
  }
});

test("nothing is sent before something is chosen", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await type(page, "Enter");
  assert.equal(await status(page), "Nothing is chosen yet.");
  assert.deepEqual(await history(page), []);
});

test("text fields keep their letters", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  const requests = sent(page);
  await type(page, "1", "c");
  await page.keyboard.type("2 s u x b 3?\nBackspace does no harm.");
  assert.deepEqual(await pressed(page), ["1 is better"]);
  await type(page, "Control+Enter");
  await saved(page);
  assert.equal(requests[0]!.comment, "2 s u x b 3?\nBackspace does no harm.");
  await type(page, "c", "Escape", "2");
  assert.deepEqual(await pressed(page), ["2 is better"]);
  await type(page, "Backspace");
  assert.deepEqual(await pressed(page), ["2 is better"]);
});

test("undo brings the decision back, to be changed", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await type(page, "1", "8", "c");
  await page.keyboard.type("because");
  await type(page, "Escape");
  const first = await page.locator(".prompt .text").innerText();
  await submit(page);
  await page.locator(".prompt .text", { hasNotText: first }).waitFor();
  await type(page, "u");
  await page.locator(".prompt .text", { hasText: first }).waitFor();
  assert.deepEqual(await pressed(page), ["1 is better", "8 better"]);
  assert.equal(await page.getByLabel("Comment").inputValue(), "because");
  await type(page, "2");
  await submit(page);
  const decisions = await history(page);
  assert.deepEqual(decisions.filter((past) => !past.undone).length, 1);
  assert.deepEqual(decisions.filter((past) => past.undone).length, 1);
});

test("the history changes an earlier decision", async () => {
  const server = await LabelServer.on(pairs(4));
  const page = await rater(server.link, "Ada");
  const first = await page.locator(".prompt .text").innerText();
  for (const key of ["1", "2", "3"]) {
    await type(page, key);
    await submit(page);
  }
  await type(page, "h");
  const said = await page.locator(".history li .muted").allInnerTexts();
  assert.deepEqual(said.map((text) => text.split(" · ")[1]), ["tie", "2 is better", "1 is better"]);
  await page.getByRole("button", { name: "Change" }).last().click();
  await page.locator(".prompt .text", { hasText: first }).waitFor();
  assert.deepEqual(await pressed(page), ["1 is better"]);
});

test("a reload in mid-choice finds everything as it was", async () => {
  const server = await LabelServer.on(pairs(5));
  const page = await rater(server.link, "Ada");
  const prompt = await page.locator(".prompt .text").innerText();
  const answers = await page.locator(".answer .text").allInnerTexts();
  await type(page, "2", "7", "c");
  await page.keyboard.type("half a thought");
  await page.reload();
  await page.locator(".desk").waitFor();
  assert.equal(await page.locator(".prompt .text").innerText(), prompt);
  assert.deepEqual(await page.locator(".answer .text").allInnerTexts(), answers, "the sides stay");
  assert.deepEqual(await pressed(page), ["2 is better", "7 slightly better"]);
  assert.equal(await page.getByLabel("Comment").inputValue(), "half a thought");
  assert.deepEqual(await history(page), []);
});

test("clicking works as keys do, and Enter submits after a click", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await page.getByRole("button", { name: "2 is better" }).click();
  await page.getByRole("button", { name: "significantly better" }).click();
  assert.deepEqual(await pressed(page), ["2 is better", "9 significantly better"]);
  await submit(page);
  assert.equal((await history(page)).length, 1);
});

test("a click into a card chooses its answer, and selecting a part of its text does not", async () => {
  const server = await LabelServer.on(pairs(3));
  const page = await rater(server.link, "Ada");
  await page.locator(".answer-body").nth(1).click();
  assert.deepEqual(await pressed(page), ["2 is better"]);
  await page.locator(".answer .text").first().dblclick(); // its first click chooses, the second selects a word
  assert.deepEqual(await pressed(page), ["1 is better"]);
  await page.getByLabel("Comment").click();
  await type(page, "Control+Enter");
  await saved(page);
  await type(page, "2", "Control+Enter"); // from anywhere
  await saved(page);
  assert.equal((await history(page)).length, 2);
});

test("seconds of a wait are whole", async () => {
  const server = await LabelServer.on(pairs(1));
  await rater(server.link, "Ada");
  const grace = await rater(server.link, "Grace");
  assert.match(await grace.locator(".status").innerText(), /Looking again in \d+ s\./);
});

test("the difference is shown on demand and leaves the text as it is", async () => {
  const server = await LabelServer.on(comparisons(["The cat sat on the mat.", "The dog sat on the mat."]));
  const page = await rater(server.link, "Ada");
  const before = await page.locator(".answer .text").allInnerTexts();
  assert.equal(await page.locator("mark").count(), 0);
  await type(page, "d");
  assert.deepEqual((await page.locator("mark").allInnerTexts()).sort(), ["cat", "dog"]);
  assert.deepEqual(await page.locator(".answer .text").allInnerTexts(), before);
  await type(page, "d");
  assert.equal(await page.locator("mark").count(), 0);
});
