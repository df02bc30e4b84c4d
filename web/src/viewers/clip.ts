// Animated clips: the JSON of docs/label-page.md drawn on a canvas. A clip holds numbers, colours and words, no code.
import { el } from "../dom";
import type { Viewer } from "./viewer";

type Shape =
  | { shape: "circle"; x: number; y: number; r: number; fill?: string; stroke?: string; width?: number }
  | { shape: "rect"; x: number; y: number; w: number; h: number; fill?: string; stroke?: string; width?: number }
  | { shape: "line"; points: number[]; stroke?: string; width?: number }
  | { shape: "polygon"; points: number[]; fill?: string; stroke?: string; width?: number }
  | { shape: "text"; x: number; y: number; size: number; text: string; fill?: string };

export interface Clip {
  width: number;
  height: number;
  fps: number;
  background?: string;
  scene?: Shape[]; // under every frame
  frames: Shape[][];
}

const LARGEST = 4096; // pixels of an edge, as the clip says
const DRAWN = 1200; // pixels of the longer edge, as it is drawn

// What each shape must have, by name: numbers, and for two of them points.
const NUMBERS: Record<string, string[]> = { circle: ["x", "y", "r"], rect: ["x", "y", "w", "h"], line: [], polygon: [], text: ["x", "y", "size"] };

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

/// As src/preference/formats/clip.cpp, which keeps malformed clips out of the store.
function isShape(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const shape = value as Record<string, unknown>;
  const numbers = NUMBERS[String(shape["shape"])];
  if (!numbers?.every((name) => isNumber(shape[name]))) return false;
  const points = shape["points"];
  if (numbers.length === 0 && !(Array.isArray(points) && points.length % 2 === 0 && points.every(isNumber))) return false;
  if (shape["shape"] === "text" && typeof shape["text"] !== "string") return false;
  const colours = ["fill", "stroke"].every((name) => shape[name] === undefined || typeof shape[name] === "string");
  return colours && (shape["width"] === undefined || isNumber(shape["width"]));
}

/// Throws Error, in one sentence, for what is no clip.
export function parseClip(content: string): Clip {
  let clip: Clip;
  try {
    clip = JSON.parse(content) as Clip;
  } catch {
    throw new Error("This clip is not JSON.");
  }
  const within = (value: unknown, most: number) => typeof value === "number" && value > 0 && value <= most;
  if (!within(clip?.width, LARGEST) || !within(clip.height, LARGEST)) throw new Error(`A clip needs a width and a height of 1 to ${LARGEST}.`);
  if (!within(clip.fps, 240)) throw new Error("A clip needs fps, 1 to 240 frames a second.");
  if (!Array.isArray(clip.frames) || clip.frames.length === 0 || !clip.frames.every(Array.isArray)) throw new Error("A clip needs frames: lists of shapes.");
  if (clip.scene !== undefined && !(Array.isArray(clip.scene) && clip.scene.every(isShape))) throw new Error("A clip's scene is a list of shapes.");
  const bad = clip.frames.findIndex((frame) => !frame.every(isShape));
  if (bad >= 0) throw new Error(`A clip's frame ${bad + 1} holds something that is no shape.`);
  return clip;
}

/// The frame at that moment of the loop.
export function frameAt(clip: Clip, seconds: number): number {
  return Math.floor(seconds * clip.fps) % clip.frames.length;
}

function paths(shape: Shape): Path2D {
  const path = new Path2D();
  if (shape.shape === "circle") path.arc(shape.x, shape.y, Math.abs(shape.r), 0, 2 * Math.PI);
  if (shape.shape === "rect") path.rect(shape.x, shape.y, shape.w, shape.h);
  if (shape.shape === "line" || shape.shape === "polygon") {
    for (let i = 0; i + 1 < shape.points.length; i += 2) path.lineTo(shape.points[i]!, shape.points[i + 1]!);
    if (shape.shape === "polygon") path.closePath();
  }
  return path;
}

function draw(context: CanvasRenderingContext2D, shape: Shape): void {
  const ink = "#1b1f24";
  context.fillStyle = ("fill" in shape && shape.fill) || ink;
  if (shape.shape === "text") {
    context.font = `${shape.size}px sans-serif`;
    context.fillText(shape.text, shape.x, shape.y);
    return;
  }
  const path = paths(shape);
  if (shape.shape !== "line" && (shape.fill || !shape.stroke)) context.fill(path);
  if (shape.shape === "line" || shape.stroke) {
    context.strokeStyle = shape.stroke ?? ink;
    context.lineWidth = shape.width ?? 1;
    context.stroke(path);
  }
}

/// Throws Error for what is no clip.
export function clipViewer(content: string): Viewer {
  const clip = parseClip(content);
  const sharpness = Math.max(1, DRAWN / Math.max(clip.width, clip.height)); // the canvas is stretched to the card
  const canvas = el("canvas", { role: "img", "aria-label": `animated clip of ${(clip.frames.length / clip.fps).toFixed(1)} seconds` });
  canvas.width = clip.width * sharpness;
  canvas.height = clip.height * sharpness;
  const context = canvas.getContext("2d")!;
  let drawn = -1;
  const tick = (seconds: number) => {
    const frame = frameAt(clip, seconds);
    if (frame === drawn) return;
    drawn = frame;
    context.setTransform(sharpness, 0, 0, sharpness, 0, 0);
    context.fillStyle = clip.background ?? "#ffffff";
    context.fillRect(0, 0, clip.width, clip.height);
    for (const shape of [...(clip.scene ?? []), ...clip.frames[frame]!]) draw(context, shape);
  };
  tick(0);
  return { element: el("div", { class: "clip" }, canvas), text: () => null, highlight: () => {}, show: () => {}, tick };
}
