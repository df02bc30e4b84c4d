import { el, svg } from "../dom";
import type { Interval } from "./summary";

const WIDTH = 220;
const HEIGHT = 18;

export interface Figure {
  label: string;
  meaning: string; // one sentence under the label
  interval: Interval | null;
  low: number; // the ends of the scale
  high: number;
  neutral: number; // what chance, or no bias, would give
  write: (value: number) => string;
}

function drawn({ interval, low, high, neutral }: Figure): SVGElement {
  const x = (value: number) => 6 + ((WIDTH - 12) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  const middle = HEIGHT / 2;
  const line = (from: number, to: number, name: string) => svg("line", { x1: x(from), x2: x(to), y1: middle, y2: middle, class: name });
  const chance = svg("line", { x1: x(neutral), x2: x(neutral), y1: 1, y2: HEIGHT - 1, class: "neutral" });
  const shapes = [line(low, high, "axis"), chance];
  if (interval) shapes.push(line(interval.low, interval.high, "whisker"), svg("circle", { cx: x(interval.value), cy: middle, r: 3, class: "dot" }));
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, class: "interval", "aria-hidden": "true" }, ...shapes);
}

/// "12 % to 34 %"; empty when nothing is known of it: the few votes so far are all alike.
export function range({ low, high }: Interval, write: (value: number) => string): string {
  if (low == null || high == null) return "";
  return write(low) === write(high) ? "" : `${write(low)} to ${write(high)}`;
}

/// One figure: its number with the interval in words, and a dot with whiskers on its scale.
export function figure(shown: Figure): HTMLElement {
  const { interval, write } = shown;
  const words = interval ? [range(interval, write), `n = ${interval.count}`].filter((part) => part !== "").join(", ") : "too few votes so far";
  const number = el("div", {}, el("strong", { text: interval ? write(interval.value) : "–" }), el("small", { text: words }));
  const name = el("div", {}, el("span", { text: shown.label }), el("small", { text: shown.meaning }));
  return el("li", { class: "figure" }, name, number, drawn(shown));
}
