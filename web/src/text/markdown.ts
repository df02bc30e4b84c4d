// Markdown of a text of the store as nodes of the page. markdown-it only reads it: each of its tokens becomes an element
// of the list below or nothing, made by el(), so no HTML is ever parsed, nothing is loaded, and no control can be forged.
// Images are named and not fetched, and addresses stand as text beside their links.
import MarkdownIt, { type Token } from "markdown-it";
import { el } from "../dom";
import { visible } from "./visible";

const MOST_TOKENS = 50_000; // more take seconds to draw

const reader = new MarkdownIt({ html: false, breaks: true });
reader.disable("reference"); // a definition would disappear from sight
reader.normalizeLink = (address) => address; // shown, not followed
reader.normalizeLinkText = (address) => address;

function aligned(token: Token): string | undefined {
  return /text-align:(center|right)/.exec(token.attrGet("style") ?? "")?.[1];
}

const OPENED: Record<string, (token: Token) => HTMLElement> = {
  paragraph_open: () => el("p", { dir: "auto" }),
  heading_open: (token) => el("p", { class: `heading level-${token.tag.slice(1)}`, dir: "auto" }),
  blockquote_open: () => el("blockquote"),
  bullet_list_open: () => el("ul"),
  ordered_list_open: (token) => el("ol", { start: token.attrGet("start") }),
  list_item_open: () => el("li", { dir: "auto" }),
  table_open: () => el("table"),
  thead_open: () => el("thead"),
  tbody_open: () => el("tbody"),
  tr_open: () => el("tr"),
  th_open: (token) => el("th", { class: aligned(token), dir: "auto" }),
  td_open: (token) => el("td", { class: aligned(token), dir: "auto" }),
  strong_open: () => el("strong"),
  em_open: () => el("em"),
  s_open: () => el("s"),
  link_open: () => el("span", { class: "link" }),
};

function address(token: Token, name: "href" | "src"): HTMLElement {
  const title = token.attrGet("title");
  const text = `${token.attrGet(name) ?? ""}${title ? ` "${title}"` : ""}`;
  return el("span", { class: "address" }, " (", ...visible(text), ")");
}

/// Whether a link may be followed: an address of the web, in the owner's own text.
function followed(token: Token, trusted: boolean): boolean {
  return trusted && /^https?:\/\//i.test(token.attrGet("href") ?? "");
}

class Builder {
  readonly root = document.createDocumentFragment();
  private readonly open: { node: ParentNode; token: Token | null }[] = [{ node: this.root, token: null }];

  constructor(private readonly trusted: boolean) {}

  add(tokens: Token[]): void {
    for (const token of tokens) {
      if (token.hidden) continue; // the paragraph of a tight list
      if (token.nesting === 1) this.enter(token);
      else if (token.nesting === -1) this.leave();
      else this.here.append(...this.leaf(token));
    }
  }

  private get here(): ParentNode {
    return this.open[this.open.length - 1]!.node;
  }

  private enter(token: Token): void {
    const make = OPENED[token.type];
    if (!make) throw new Error(`no element for ${token.type}`);
    const follow = token.type === "link_open" && followed(token, this.trusted);
    const element = follow ? el("a", { href: token.attrGet("href"), target: "_blank", rel: "noopener noreferrer" }) : make(token);
    const scrolls = token.type === "table_open";
    this.here.append(scrolls ? el("div", { class: "scrolls", tabindex: 0, role: "group", "aria-label": "Table" }, element) : element);
    this.open.push({ node: element, token });
  }

  /// A line end behind each block keeps the words of two blocks apart where texts are compared.
  private leave(): void {
    const { node, token } = this.open.pop()!;
    if (token?.type !== "link_open") this.here.append(token?.block ? "\n" : "");
    else if (node.textContent !== token.attrGet("href")) this.here.append(address(token, "href"));
  }

  private leaf(token: Token): Node[] {
    switch (token.type) {
      case "inline":
        this.add(token.children ?? []);
        return [];
      case "text":
        return visible(token.content);
      case "softbreak":
      case "hardbreak":
        return [el("br"), document.createTextNode("\n")];
      case "code_inline":
        return [el("code", {}, ...visible(token.content))];
      case "image":
        return [el("span", { class: "image" }, "image, not shown: ", ...visible(token.content), address(token, "src"))];
      case "fence":
      case "code_block": {
        const language = token.info.trim();
        return [el("pre", { dir: "ltr" }, language !== "" && el("span", { class: "language", text: language }), el("code", {}, ...visible(token.content))), document.createTextNode("\n")];
      }
      case "hr":
        return [el("hr")];
      default:
        throw new Error(`no element for ${token.type}`);
    }
  }
}

function count(tokens: Token[]): number {
  return tokens.reduce((sum, token) => sum + 1 + (token.children?.length ?? 0), 0);
}

function letters(text: string): number {
  return text.match(/\p{L}/gu)?.length ?? 0;
}

/// The text as nodes; null when it cannot be shown so: it is no Markdown that comes out whole (cells beyond the columns
/// of a table and what is nested too deep would be left out), or too much. `trusted` texts have links that can be followed.
export function markdown(text: string, trusted = false): DocumentFragment | null {
  try {
    const tokens = reader.parse(text, {});
    if (count(tokens) > MOST_TOKENS) return null;
    const builder = new Builder(trusted);
    builder.add(tokens);
    const wanted = letters(text.replace(/&#?\w{1,31};/g, ""));
    return letters(builder.root.textContent ?? "") >= wanted ? builder.root : null;
  } catch {
    return null;
  }
}
