// Checks of a page as it stands, after the rules of WCAG 2 that a program can decide: names, contrast, one way to scroll.
import type { Page } from "playwright-core";

export function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => [...nameless(), ...faint(), ...wide(), ...cramped()]) as Promise<string[]>;
}

/// Functions that `faults` calls inside the page; added to every page by `install`.
export async function install(page: Page): Promise<void> {
  await page.evaluate(`Object.assign(window, { nameless: ${nameless}, faint: ${faint}, wide: ${wide}, cramped: ${cramped} })`);
}

/// Controls without a name for screen readers, and identifiers used twice.
function nameless(): string[] {
  const found: string[] = [];
  for (const control of document.querySelectorAll<HTMLElement>("button, a[href], input, textarea, select, [tabindex], [role=img]")) {
    if (!control.checkVisibility({ visibilityProperty: true })) continue;
    const labels = "labels" in control ? [...((control as HTMLInputElement).labels ?? [])] : [];
    const name = control.getAttribute("aria-label") ?? (labels.map((label) => label.textContent).join(" ") || control.textContent);
    if (!name?.trim()) found.push(`no name: ${control.outerHTML.slice(0, 120)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push(`id twice: ${id}`);
  if (document.documentElement.lang === "") found.push("no language");
  return found;
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
