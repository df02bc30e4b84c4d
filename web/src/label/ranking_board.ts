// The order so far, best first: a strip of levels with gaps between them, and the answers not ranked yet. Answers are
// chips: dragged onto a level (a tie), into a gap (a new level) or back; pressed, they join or leave the ranking.
import { button, el } from "../dom";
import { rank, type Decision } from "./decision";
import { dragging } from "./drag";
import type { Desk, Part } from "./part";
import { complete, levels, move, ranked, type Target, type Ranks } from "./ranking";

function spoken(ranks: Ranks): string {
  const order = levels(ranks).map((places) => places.map((place) => place + 1).join(" tied with "));
  const left = ranks.flatMap((level, place) => (ranked(level) ? [] : [place + 1]));
  return [order.length ? `Ranking: ${order.join(", then ")}.` : "Nothing is ranked.", left.length ? `Not ranked: ${left.join(", ")}.` : ""].join(" ");
}

function spotOf(element: Element): HTMLElement | null {
  return element.closest<HTMLElement>("[data-on], [data-gap], [data-unranked]");
}

function targetOf(spot: HTMLElement, allowTie: boolean): Target {
  const { on, gap } = spot.dataset;
  if (gap !== undefined) return { gap: Number(gap) };
  if (on === undefined) return "unranked";
  return allowTie ? { on: Number(on) } : { gap: Number(on) };
}

export function rankingBoard(allowTie: boolean, desk: Desk): Part {
  const strip = el("div", { class: "strip" });
  const tray = el("div", { class: "tray", "data-unranked": "" });
  const live = el("span", { class: "visually-hidden", "aria-live": "polite" });
  const equals = button(null, () => desk.perform({ kind: "tie" }), { "aria-pressed": "false", "aria-keyshortcuts": "=" });
  equals.append(el("kbd", { text: "=", "aria-hidden": "true" }), "Tie with next");

  const chip = (place: number): HTMLButtonElement => {
    const made = button(String(place + 1), () => desk.perform({ kind: "answer", place }), {
      class: "chip",
      "aria-label": `Answer ${place + 1}`,
      "data-place": place,
    });
    dragging(made, spotOf, (spot) => desk.change((old) => rank(old, move(old.ranks, place, targetOf(spot, allowTie)))));
    return made;
  };
  const gap = (index: number) => el("span", { class: "gap", "data-gap": index });

  const update = (decision: Decision) => {
    const focused = (document.activeElement as HTMLElement | null)?.dataset["place"];
    const groups = levels(decision.ranks);
    const boxes = groups.flatMap((places, level) => [el("span", { class: "level", "data-on": level }, ...places.map(chip)), gap(level + 1)]);
    const hint = el("span", { class: "hint", text: "Best first: press the numbers, or drag them" });
    strip.replaceChildren(gap(0), ...boxes, ...(groups.length ? [] : [hint]));
    tray.replaceChildren(...decision.ranks.flatMap((level, place) => (ranked(level) ? [] : [chip(place)])));
    tray.hidden = complete(decision.ranks);
    equals.setAttribute("aria-pressed", String(decision.tieNext));
    equals.disabled = groups.length === 0 || complete(decision.ranks);
    live.textContent = spoken(decision.ranks);
    if (focused !== undefined) element.querySelector<HTMLElement>(`[data-place="${focused}"]`)?.focus();
  };
  const element = el("div", { class: "board", role: "group", "aria-label": "Ranking, best first" }, strip, tray, allowTie && equals, live);
  return { element, update };
}
