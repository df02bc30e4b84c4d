import assert from "node:assert/strict";
import { test } from "node:test";
import type { Saved, SubmitRequest } from "../../src/contract";
import { keeper } from "../../src/kept";
import { outbox, type Means } from "../../src/label/outbox";
import { ServerError } from "../../src/server";

const SAVED: Saved = { status: "saved", decision: 1, surplus: false, today: 1 };
const REQUEST = { nonce: "n1", comparison: "c", lease: "l", outcome: "compared", ranks: [0, 1] } as unknown as SubmitRequest;

/// A browser whose server answers each try with the next of `answers`.
function browser(answers: (Saved | ServerError)[]) {
  const kept = new Map<string, string>();
  const sent: string[] = [];
  const pauses: number[] = [];
  const means: Means = {
    post: async (request) => {
      assert.equal(kept.size, 1, "written down before it is sent");
      sent.push(request.nonce);
      const answer = answers.shift()!;
      if (answer instanceof ServerError) throw answer;
      return answer;
    },
    storage: {
      get: (key) => kept.get(key) ?? null,
      set: (key, value) => (kept.set(key, value), true),
      remove: (key) => void kept.delete(key),
    },
    pause: async (milliseconds) => void pauses.push(milliseconds / 1000),
    onRetry: () => {},
  };
  return { kept, sent, pauses, box: outbox("store", means) };
}

const offline = () => new ServerError("offline", "The label server does not answer.");

test("a decision is sent again with the same nonce until it is saved, with longer pauses", async () => {
  const { box, sent, pauses, kept } = browser([...Array.from({ length: 6 }, offline), SAVED]);
  assert.deepEqual(await box.send(REQUEST), SAVED);
  assert.deepEqual(sent, Array.from({ length: 7 }, () => "n1"));
  assert.deepEqual(pauses, [1, 2, 4, 8, 15, 15]);
  assert.equal(kept.size, 0);
});

test("a full disk and a stumbling server pass", async () => {
  const { box, sent } = browser([new ServerError("read_only", "The disk is full.", 503), new ServerError("bad_request", "?", 500), SAVED]);
  await box.send(REQUEST);
  assert.equal(sent.length, 3);
});

test("what trying again cannot mend is given back and crossed out", async () => {
  const { box, kept } = browser([new ServerError("bad_request", "Ranks are missing.", 400)]);
  await assert.rejects(box.send(REQUEST), /Ranks are missing/);
  assert.equal(kept.size, 0);
});

test("a decision outlives its page when the connection or the cookie does not", async () => {
  const { box, kept } = browser([offline(), new ServerError("unauthorised", "Open the link again.", 401), SAVED]);
  await assert.rejects(box.send(REQUEST), /link again/);
  assert.equal(kept.size, 1);
  assert.deepEqual(box.left(), JSON.parse(JSON.stringify(REQUEST)));
  await box.send(box.left()!);
  assert.equal(box.left(), null);
});

test("what is no decision is not sent", () => {
  for (const broken of ["", "{", "5", "[]", "{}", '{"nonce":1,"lease":"l","outcome":"compared"}']) {
    const { box, kept } = browser([]);
    kept.set("nudge.unsent.store", broken);
    assert.equal(box.left(), null, broken);
    assert.equal(kept.size, 0, "and is not met again");
  }
});

test("a browser that keeps nothing does not stop the page, which says that it lasts no longer than itself", async () => {
  const no = () => {
    throw new Error("QuotaExceededError");
  };
  const full = keeper(() => ({ getItem: () => "old", setItem: no, removeItem: () => {} }));
  const none = keeper(no);
  for (const storage of [full, none]) {
    const lasting: boolean[] = [];
    const answers = [offline(), SAVED];
    const post = async () => {
      const answer = answers.shift()!;
      if (answer instanceof ServerError) throw answer;
      return answer;
    };
    const box = outbox("store", { post, storage, pause: async () => {}, onRetry: (_, __, lasts) => lasting.push(lasts) });
    assert.deepEqual(await box.send(REQUEST), SAVED);
    assert.deepEqual(lasting, [false]);
  }
  assert.equal(full.set("a", "new"), false);
  assert.equal(full.get("a"), "new");
});
