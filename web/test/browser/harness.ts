// A store, the real server on it, and real Chromium before it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const NUDGE = process.env["NUDGE"] ?? "../build/release/nudge";
const CHROMIUM = process.env["CHROMIUM"];
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const OFFLINE = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];

export interface Comparison {
  id: string;
  prompt: { id: string; messages?: { role: string; content: string }[]; text?: string };
  answers: { content: string; media?: string }[];
}

/// Comparisons of the same prompt, one for each list of answers.
export function comparisons(...answers: string[][]): Comparison[] {
  return answers.map((texts, index) => ({
    id: `item-${index}`,
    prompt: { id: `prompt-${index}`, messages: [{ role: "user", content: `Question ${index}: which one?` }] },
    answers: texts.map((content) => ({ content })),
  }));
}

/// `count` plain pairs.
export function pairs(count: number): Comparison[] {
  return comparisons(...Array.from({ length: count }, (_, index) => [`First answer of ${index}.`, `Second answer of ${index}.`]));
}

export class LabelServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly folder: string, // where the store lies
    readonly link: string, // the owner's
  ) {}

  static async on(items: Comparison[], ...options: string[]): Promise<LabelServer> {
    const folder = mkdtempSync(join(tmpdir(), "nudge-page-"));
    const file = join(folder, "comparisons.jsonl");
    writeFileSync(file, items.map((item) => JSON.stringify(item)).join("\n") + "\n");
    const plain = ["--port", "0", "--overlap_share", "0", "--repeat_share", "0", "--gold_share", "0"];
    return LabelServer.start(folder, "--import", file, ...plain, ...options);
  }

  private static async start(folder: string, ...options: string[]): Promise<LabelServer> {
    const child = spawn(NUDGE, ["label", join(folder, "store.nudge"), ...options], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr!.on("data", (text: Buffer) => (said += text.toString()));
    for await (const line of createInterface({ input: child.stdout! })) {
      const link = /http:\/\/\S+\/\?token=\S+/.exec(line)?.[0];
      if (!link) continue;
      const server = new LabelServer(child, folder, link);
      servers.push(server);
      return server;
    }
    throw new Error(`nudge label ended without printing its link: ${said}`);
  }

  /// Killed, and started again on its store.
  async again(): Promise<LabelServer> {
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill("SIGKILL");
    await gone;
    servers.splice(servers.indexOf(this), 1);
    return LabelServer.start(this.folder);
  }

  stop(): void {
    this.process.kill();
    rmSync(this.folder, { recursive: true });
  }
}

let browser: Browser | null = null;
const servers: LabelServer[] = [];

/// What the pages complained of on their consoles, uncaught errors included.
export const complaints: string[] = [];

// After each test its raters go, then its servers, and no page may have complained.
afterEach(async () => {
  await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
  for (const server of servers.splice(0)) server.stop();
  assert.deepEqual(complaints.splice(0), []);
});

after(() => browser?.close());

/// A browser of its own in which the link was opened.
export async function open(link: string, name: string, options: BrowserContextOptions = {}): Promise<Page> {
  browser ??= await chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, ...OFFLINE] });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  await page.clock.install(); // time goes on as usual, and tests can let it jump
  page.setDefaultTimeout(30_000); // a starved machine takes its time
  page.on("pageerror", (error) => complaints.push(`${name}: ${error.message}`));
  page.on("console", (message) => {
    const expected = /ERR_FAILED|status of 503/.test(message.text()); // what a test did to the connection
    if (message.type() === "error" && !expected) complaints.push(`${name}: ${message.text()}`);
  });
  await page.goto(link);
  return page;
}

/// A rater of that name before their first task.
export async function rater(link: string, name: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await open(link, name, options);
  await page.getByLabel("Your name").fill(name);
  await page.keyboard.press("Enter");
  // a page that found no answer at first says so, and tries again
  await page.locator('.desk, .rest .status:not([data-kind="problem"])').first().waitFor();
  return page;
}

/// Presses the keys one after another, as on a keyboard.
export async function type(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/// Submits and waits until the server has it.
export async function submit(page: Page): Promise<void> {
  await page.keyboard.press("Enter");
  await saved(page);
}

export async function saved(page: Page): Promise<void> {
  await page.locator(".status", { hasText: /^Saved/ }).waitFor();
}

export function status(page: Page): Promise<string> {
  return page.locator(".status").innerText();
}

export interface Past {
  decision: number;
  outcome: string;
  undone: boolean;
}

/// What the server holds of this rater, newest first.
export async function history(page: Page): Promise<Past[]> {
  return page.evaluate(async () => ((await (await fetch("/api/history")).json()) as { decisions: Past[] }).decisions);
}

/// The labels of buttons that are pressed.
export async function pressed(page: Page): Promise<string[]> {
  const texts = await page.locator(".bar button[aria-pressed=true]").allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, " ").trim());
}

export interface Sent {
  outcome: string;
  ranks: number[];
  strength: number;
  quality: number[];
  answer_flags: string[][];
  flags: string[];
  comment: string;
  view?: string;
  seconds: number;
  nonce: string;
  page_events: { kind: string; at_ms: number }[];
}

/// Collects what the page sends as decisions from now on.
export function sent(page: Page): Sent[] {
  const requests: Sent[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/api/submit")) requests.push(request.postDataJSON() as Sent);
  });
  return requests;
}
