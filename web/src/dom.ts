// Elements are built here and nowhere else: text always becomes a text node, so nothing that a model or a rater wrote
// is ever read as HTML.

export type Child = Node | string | null | false;

interface Properties {
  class?: string;
  text?: string;
  on?: { [event in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[event]) => void };
  [attribute: string]: unknown;
}

export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value as object)) element.addEventListener(event, listener);
    } else if (name === "text") {
      element.textContent = String(value);
    } else if (value === true) {
      element.setAttribute(name, "");
    } else if (value !== false && value !== undefined && value !== null) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag: string, attributes: Record<string, string | number>, ...children: Node[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

export function button(label: Child, onClick: () => void, properties: Properties = {}): HTMLButtonElement {
  return el("button", { type: "button", ...properties, on: { click: onClick } }, label);
}

/// A modal window with a heading and a button that closes it; Escape closes it too. It removes itself.
export function dialog(title: string, ...content: Child[]): HTMLDialogElement {
  const close = button("Close", () => modal.close(), { class: "quiet" });
  const head = el("header", {}, el("h2", { id: "dialog-title", text: title }), close);
  const modal = el("dialog", { "aria-labelledby": "dialog-title" }, head, el("div", { class: "body" }, ...content));
  modal.addEventListener("close", () => modal.remove());
  document.body.append(modal);
  modal.showModal();
  return modal;
}
