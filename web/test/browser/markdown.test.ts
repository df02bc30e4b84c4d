import assert from "node:assert/strict";
import { test } from "node:test";
import { comparisons, LabelServer, open, pairs, rater, sent, submit, type } from "./harness";

const RICH = [
  "# A heading\n\nSome **bold**, *slanted* and `code`, [a link](https://example.org/x \"t\").",
  "1. one\n2. two\n   - inner\n\n> said\n\n---\n\n| a | b |\n|---|--:|\n| 1 | **2** |",
  "```python\nif x:\n\treturn  1\n```",
].join("\n\n");

test("Markdown is drawn, the raw text is a key away, and the vote says which was seen", async () => {
  const server = await LabelServer.on(comparisons(...Array.from({ length: 3 }, (_, index) => [RICH, `plain ${index}`])));
  const page = await rater(server.link, "Ada");
  const requests = sent(page);
  const rich = page.locator(".answer .text", { has: page.locator("table") });
  for (const tag of ["p > strong", "em", "ol", "ul > li", "blockquote", "hr", "pre > code", "td.right > strong", "p.heading"])
    assert.equal(await rich.locator(tag).count(), 1, tag);
  assert.equal(await rich.locator("pre > code").evaluate((code) => code.textContent), "if x:\n\treturn  1\n");
  assert.match(await rich.innerText(), /a link \(https:\/\/example\.org\/x "t"\)/, "an address is seen, not followed");
  await type(page, "1");
  await submit(page);
  await type(page, "m");
  const raw = await page.locator(".answer .text").evaluateAll((texts) => texts.map((text) => text.textContent));
  assert.ok(raw.includes(RICH), "as it was written");
  await type(page, "1");
  await submit(page);
  assert.equal(await page.locator(".answer table").count(), 0, "the choice stays");
  await page.reload();
  await page.locator(".desk").waitFor();
  assert.equal(await page.getByRole("button", { name: "Raw text" }).getAttribute("aria-pressed"), "true");
  await type(page, "m", "2");
  await submit(page);
  assert.deepEqual(requests.map(({ view }) => view), ["markdown", "raw", "markdown"]);
});

test("the owner may have texts shown as they were written", async () => {
  const server = await LabelServer.on(comparisons([RICH, "b"]), "--no_markdown");
  const page = await rater(server.link, "Ada");
  assert.equal(await page.locator(".answer table").count(), 0);
  await type(page, "m");
  assert.equal(await page.locator(".answer table").count(), 1);
});

const HOSTILE = [
  '<script>window.forged = 1</script>\n\n<img src=x onerror="window.forged=1">\n\n<button onclick="window.forged=1">Submit</button>\n\n<style>.bar{display:none}</style>',
  "![tracker](http://192.0.2.1/pixel.png) ![inline](data:image/svg+xml;base64,PHN2Zy8+) [go](javascript:window.forged=1) [vb](vbscript:x) <javascript:window.forged=1>",
  '<form action="/api/submit"><input name="ranks"></form>\n\n- [ ] a box\n\n[x]: http://192.0.2.1/ "hidden words"\n\n<details open><summary>Answer 1 is better</summary></details>',
  "# Answer 2 is better\n\nsafe\u202etxet\u202c **a\u200bb** `c\u2066d` | ![a\u202eb](x)\n\n&#x202e;entity &lt;b&gt;",
].join("\n\n");

test("hostile Markdown runs nothing, loads nothing, and forges no control", async () => {
  const server = await LabelServer.on(comparisons([HOSTILE, "b"]), "--answer_flags", "odd");
  const page = await rater(server.link, "Ada");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.reload();
  await page.locator(".desk").waitFor();
  const text = page.locator(".answer .text", { hasText: "tracker" });
  for (const forbidden of ["script", "img", "button", "style", "a", "form", "input", "details", "svg", "iframe", "object", "[style]", "[id]", "[onclick]", "[onerror]", "[href]", "[src]"])
    assert.equal(await text.locator(forbidden).count(), 0, forbidden);
  const classes = await text.evaluate((element) => [...new Set([...element.querySelectorAll("*")].flatMap((inner) => [...inner.classList]))].sort());
  assert.deepEqual(classes, ["address", "heading", "hidden-character", "image", "level-1"]);
  const names = await text.locator(".hidden-character").allInnerTexts();
  assert.deepEqual(names, ["RLO", "PDF", "ZWSP", "LRI", "RLO", "RLO"]);
  const words = await text.innerText();
  for (const part of ["<script>window.forged = 1</script>", "image, not shown: tracker (http://192.0.2.1/pixel.png)", "javascript:window.forged=1", "hidden words", "[ ] a box", "<b>"]) assert.ok(words.includes(part), part);
  await type(page, "d", "m", "d", "m", "1");
  assert.equal(await page.evaluate(() => (window as { forged?: number }).forged), undefined);
  await submit(page);
  const origin = new URL(server.link).origin;
  assert.deepEqual(asked.filter((url) => !url.startsWith(`${origin}/`)), [], "nothing was asked of anybody else");
});

test("what Markdown would leave out is shown as it was written", async () => {
  const texts = [`${">".repeat(300)} deep`, "| a |\n|---|\n| 1 | left out |"];
  const server = await LabelServer.on(comparisons(texts));
  const page = await rater(server.link, "Ada");
  const shown = await page.locator(".answer .text").allInnerTexts();
  for (const part of ["deep", "left out"]) assert.ok(shown.some((text) => text.includes(part)), part);
  assert.equal(await page.locator(".answer table").count(), 0);
});

test("the difference is found in what is shown", async () => {
  const server = await LabelServer.on(comparisons(["# One\n\nThe **cat** sat.", "# One\n\nThe **dog** sat."]));
  const page = await rater(server.link, "Ada");
  await type(page, "d");
  assert.deepEqual((await page.locator(".answer strong mark").allInnerTexts()).sort(), ["cat", "dog"]);
  await type(page, "m");
  assert.deepEqual((await page.locator(".answer mark").allInnerTexts()).sort(), ["cat", "dog"], "in the raw text, too");
  await type(page, "d");
  assert.equal(await page.locator("mark").count(), 0);
});

test("guidelines are Markdown, and their links can be followed", async () => {
  const server = await LabelServer.on(pairs(2));
  const owner = await open(server.link, "Owner");
  const save = { text: "# How to choose\n\n**true** before *short*: [more](https://example.org/) [not](javascript:alert(1))" };
  await owner.evaluate(async (body) => fetch("/api/owner/guidelines", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }), save);
  const page = await rater(server.link, "Ada");
  const dialog = page.locator("dialog");
  await dialog.locator("strong", { hasText: "true" }).waitFor();
  assert.equal(await dialog.locator("a").count(), 1);
  assert.equal(await dialog.locator("a").getAttribute("rel"), "noopener noreferrer");
  await dialog.getByRole("button", { name: "Raw text" }).click();
  assert.ok((await dialog.innerText()).includes("**true** before *short*"));
});

/// Browsers need a time for a word that grows with the square of its length; they get words of 200 letters at most.
test("a word of 100,000 letters does not stop the page", async () => {
  const words = ["\u00c4".repeat(100_000), "`" + "\u0e01".repeat(100_000) + "`"];
  const server = await LabelServer.on(comparisons(words, ["a", "b"]));
  const page = await rater(server.link, "Ada");
  for (const key of ["1", "m"]) {
    const longest = await page.locator(".answer .text").evaluateAll((texts) => {
      const walk = (node: Node): number => (node instanceof Text ? Math.max(0, ...(node.data.match(/\S+/g) ?? []).map((run) => run.length)) : Math.max(0, ...[...node.childNodes].map(walk)));
      return Math.max(...texts.map(walk));
    });
    assert.ok(longest <= 400, `${longest} letters in one piece`);
    await type(page, key);
  }
  await submit(page);
});
