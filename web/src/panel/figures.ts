// The summary as sections of the panel.
import { el } from "../dom";
import { counted } from "../text/counted";
import { figure, range } from "./interval";
import { coefficient, fraction, percent, seconds } from "./numbers";
import type { Interval, Summary } from "./summary";
import { table } from "./table";

export function section(title: string, ...children: (Node | string | null)[]): HTMLElement {
  return el("section", { class: "panel-section" }, el("h2", { text: title }), ...children);
}

export function progressSection({ progress }: Summary): HTMLElement {
  const { comparisons, done, votes, skipped, leased } = progress;
  const bar = el("progress", { max: Math.max(1, comparisons), value: done, "aria-label": "Comparisons with all their votes" });
  const facts = [`${done} of ${counted(comparisons, "comparison")} done`, counted(votes, "vote"), `${skipped} skipped`, `${leased} before raters now`];
  return section("Progress", bar, el("p", { text: facts.join(" · ") }));
}

export function ratersSection({ progress }: Summary): HTMLElement {
  const heads = ["Rater", "Votes", "Median time", "Too fast", "Gold passed", "Repeats same", "Chose first"];
  const rows = progress.raters.map((line) => [
    line.rater,
    String(line.votes),
    seconds(line.seconds_median),
    percent(line.too_fast_share),
    fraction(line.gold.passed, line.gold.asked),
    fraction(line.repeat.same, line.repeat.asked),
    percent(line.left_share?.value),
  ]);
  return section("Raters", rows.length ? table("One line for each rater", heads, rows) : el("p", { text: "Nobody has voted yet." }));
}

function kappaOf(kappa: Interval | null): string {
  if (kappa === null) return coefficient(null);
  const words = range(kappa, coefficient);
  return words === "" ? coefficient(kappa.value) : `${coefficient(kappa.value)} (${words})`;
}

export function agreementSection({ agreement }: Summary): HTMLElement {
  const chanceCorrected = { low: -0.2, high: 1, neutral: 0, write: coefficient };
  const figures = [
    figure({ label: "Raw agreement", meaning: "two raters, one comparison, the same vote", interval: agreement.raw, low: 0, high: 1, neutral: 0.5, write: percent }),
    figure({ label: "Fleiss' κ", meaning: "beyond chance, any number of raters", interval: agreement.fleiss, ...chanceCorrected }),
    figure({ label: "Krippendorff's α", meaning: "beyond chance, missing votes allowed", interval: agreement.krippendorff, ...chanceCorrected }),
  ];
  const rows = agreement.cohen.map((pair) => [`${pair.first} and ${pair.second}`, kappaOf(pair.kappa), String(pair.items)]);
  const pairs = rows.length ? table("Cohen's κ of each two raters", ["Raters", "κ", "Both voted on"], rows) : null;
  return section("Agreement", el("ul", { class: "figures" }, ...figures), pairs);
}

export function biasSection({ bias }: Summary): HTMLElement {
  const share = { low: 0, high: 1, neutral: 0.5, write: percent };
  const figures = [
    figure({ label: "First answer chosen", meaning: "sides are random: away from 50 % it is a habit", interval: bias.left_share, ...share }),
    figure({ label: "Longer answer chosen", meaning: "length the reward model will learn to like", interval: bias.longer_share, ...share }),
  ];
  return section("Bias", el("ul", { class: "figures" }, ...figures));
}

export function driftSection({ drift }: Summary): HTMLElement {
  const rows = drift.map((span) => [span.label, String(span.votes), seconds(span.seconds_median), percent(span.left_share), percent(span.agreement)]);
  const heads = ["When", "Votes", "Median time", "Chose first", "Agreement"];
  return section("Over time", rows.length ? table("Votes in the order they came", heads, rows) : el("p", { text: "No votes on this page yet." }));
}

export function sourcesSection({ by_source }: Summary): HTMLElement {
  const rows = by_source.map((line) => [line.source || "(none)", String(line.comparisons), String(line.votes)]);
  return section("Sources", table("Where the comparisons come from", ["Source", "Comparisons", "Votes"], rows));
}

export function modelsSection({ by_model }: Summary): HTMLElement {
  const rows = by_model.map((line) => [line.model || "(not said)", String(line.comparisons), String(line.pairs)]);
  return section("Models", table("Whose answers are compared", ["Model", "Comparisons", "Pairs judged"], rows));
}
