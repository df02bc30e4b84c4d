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

export function clipViewer(content: string): Viewer {
  let clip: Clip;
  try {
    clip = parseClip(content);
  } catch (error) {
    const element = el("p", { class: "problem", text: (error as Error).message });
    return { element, text: null, highlight: () => {}, tick: () => {} };
  }
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
  return { element: el("div", { class: "clip" }, canvas), text: null, highlight: () => {}, tick };
}
