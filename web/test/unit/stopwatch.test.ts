import assert from "node:assert/strict";
import { test } from "node:test";
import { Stopwatch } from "../../src/label/stopwatch";
import { frameAt, parseClip } from "../../src/viewers/clip";

test("time before other tabs does not count", () => {
  let now = 1000;
  const stopwatch = new Stopwatch(() => now);
  now += 2000;
  stopwatch.visible(false);
  now += 60_000;
  stopwatch.visible(true);
  now += 500;
  stopwatch.note("chosen");
  assert.equal(stopwatch.seconds, 2.5);
  assert.deepEqual(stopwatch.events, [
    { kind: "shown", at_ms: 0 },
    { kind: "focused", at_ms: 62_000 },
    { kind: "chosen", at_ms: 62_500 },
  ]);
});

test("events are bounded", () => {
  const stopwatch = new Stopwatch(() => 0);
  for (let i = 0; i < 1000; i++) stopwatch.note("changed");
  assert.equal(stopwatch.events.length, 100);
});

test("a clip loops over its frames", () => {
  const clip = parseClip(JSON.stringify({ width: 10, height: 10, fps: 10, frames: [[], [], []] }));
  assert.deepEqual([0, 0.15, 0.25, 0.31, 100].map((seconds) => frameAt(clip, seconds)), [0, 1, 2, 0, 1]);
});

// The case malformed-clip and its siblings: the page stood still before them.
test("a clip is whole or refused: every frame, the scene, every shape", () => {
  const clip = (frames: unknown, more: object = {}) => JSON.stringify({ width: 10, height: 10, fps: 10, frames, ...more });
  const circle = { shape: "circle", x: 1, y: 1, r: 1 };
  const line = { shape: "line", points: [0, 0, 1, 1] };
  for (const whole of [clip([[circle, line]]), clip([[]], { scene: [{ ...circle, fill: "#fff" }] }), clip([[{ shape: "text", x: 1, y: 1, size: 9, text: "a" }]])]) parseClip(whole);
  const broken = [[null]], later = [[circle], [], [{ shape: "circle" }]];
  for (const content of [clip(broken), clip([[{}]]), clip([[{ shape: "line" }]]), clip([[{ ...line, points: [1] }]]), clip([[{ ...circle, r: "1" }]]), clip([[{ shape: "star", x: 1, y: 1 }]])]) {
    assert.throws(() => parseClip(content), /frame 1 holds something that is no shape/);
  }
  assert.throws(() => parseClip(clip(later)), /frame 3 /);
  for (const scene of [5, {}, [null], [{ shape: "line" }]]) assert.throws(() => parseClip(clip([[]], { scene })), /scene is a list of shapes/);
});

test("what is no clip is refused in one sentence", () => {
  for (const content of ["", "{", "null", "[]", '{"width":10}', '{"width":10,"height":1e9,"fps":10,"frames":[[]]}', '{"width":10,"height":10,"fps":10,"frames":[]}']) {
    assert.throws(() => parseClip(content), /^Error: (This clip|A clip)/);
  }
});
