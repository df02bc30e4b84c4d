// The owner's panel: how the collection goes, and what can be set.
import type { Session } from "../contract";
import { el } from "../dom";
import { get } from "../server";
import { agreementSection, biasSection, driftSection, modelsSection, progressSection, ratersSection, sourcesSection } from "./figures";
import { filesSection, linkSection } from "./files";
import { flaggedSection } from "./flagged";
import { guidelinesSection } from "./guidelines_editor";
import { settingsSection } from "./settings_form";
import type { Summary } from "./summary";

const REFRESH_MS = 15_000;

export async function ownerPanel(): Promise<HTMLElement> {
  const figures = el("div", { class: "figures-column" });
  const problem = el("p", { class: "problem", role: "status" });
  const refresh = async () => {
    try {
      const [summary, flagged] = await Promise.all([get<Summary>("/api/owner/summary"), flaggedSection()]);
      const sections = [progressSection, ratersSection, agreementSection, biasSection, driftSection, sourcesSection, modelsSection];
      figures.replaceChildren(...sections.map((made) => made(summary)), flagged);
      problem.textContent = "";
      return summary;
    } catch (error) {
      problem.textContent = (error as Error).message;
      return null;
    }
  };
  const summary = await refresh();
  setInterval(() => void (document.hidden || refresh()), REFRESH_MS);
  const controls = [
    summary && linkSection(summary.rater_link),
    filesSection(),
    await settingsSection(),
    guidelinesSection(await get<Session>("/api/session")),
  ];
  return el("main", { class: "panel" }, problem, figures, el("div", { class: "controls-column" }, ...controls));
}
