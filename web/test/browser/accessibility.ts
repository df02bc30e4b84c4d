// Checks of a page as it stands: axe-core's rules (WCAG 2.2 A and AA, best practices), and three of
// ours: axe has no opinion on the contrast of text that lies under something else, as most of a scrolled page does.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(AXE); // not a script of the page, whose policy would refuse it
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResults;
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ""}`));
  return [...found, ...(await page.evaluate(faint)), ...(await page.evaluate(wide)), ...(await page.evaluate(cramped))];
}

/// Visible text with less than 4.5:1 to what is behind it (WCAG 2, 1.4.3).
function faint(): string[] {
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
  const rgba = (colour: string): [number, number, number, number] => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = colour;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
    return [r!, g!, b!, a! / 255];
  };
  const behind = (element: Element | null): number[] => {
    for (; element; element = element.parentElement) {
      const [r, g, b, a] = rgba(getComputedStyle(element).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const luminance = (colour: number[]): number => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  const found: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== "");
    if (!own || !element.checkVisibility({ visibilityProperty: true }) || element.matches(":disabled, :disabled *, .visually-hidden, option, dialog ~ *")) continue;
    const opacity = Number(getComputedStyle(element).opacity);
    const ground = behind(element);
    const ink = rgba(getComputedStyle(element).color).slice(0, 3).map((part, index) => part * opacity + ground[index]! * (1 - opacity));
    const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const contrast = (light! + 0.05) / (dark! + 0.05);
    if (contrast < 4.5) found.push(`contrast ${contrast.toFixed(2)}: "${element.textContent!.trim().slice(0, 40)}" (${element.className || element.tagName})`);
  }
  return found;
}

/// Buttons that their words do not fit into.
function cramped(): string[] {
  const buttons = [...document.querySelectorAll<HTMLElement>("button, a.button")];
  const over = buttons.filter((button) => button.scrollWidth > button.clientWidth || button.scrollHeight > button.clientHeight);
  return over.map((button) => `too small for its words: ${button.textContent}`);
}

/// Whether the page itself scrolls sideways.
function wide(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [`the page is ${scrollWidth} pixels wide in a window of ${clientWidth}`] : [];
}
