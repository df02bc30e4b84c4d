// One task in front of the rater: its parts on the page, the decision so far, and everything that runs beside it
// (drafts, lease, clock, clips) until it is put away.
import type { Questions, SubmitRequest, Task } from "../contract";
import { button, el } from "../dom";
import { nonce } from "../nonce";
import { difference } from "../text/difference";
import type { View } from "../text/show";
import { Playback } from "../viewers/playback";
import type { Viewer } from "../viewers/viewer";
import { viewerOf } from "../viewers/viewer_of";
import { answerCard } from "./answer_card";
import { choiceButtons, keyed, strengthButtons } from "./choices";
import { decide, decisionFrom, missing, submission, type Decision } from "./decision";
import { Drafts } from "./drafts";
import type { Action } from "./keyboard";
import { Lease } from "./lease";
import { notes, type Notes } from "./notes";
import type { Desk, Part } from "./part";
import { promptView, type PromptView } from "./prompt";
import { rankingBoard } from "./ranking_board";
import { Status } from "./status";
import { Stopwatch } from "./stopwatch";

export class TaskDesk implements Desk {
  readonly element: HTMLElement;
  readonly status = new Status();
  private decision: Decision;
  private readonly nonce = nonce();
  private readonly parts: Part[];
  private readonly notes: Notes;
  private readonly viewers: Viewer[];
  private readonly drafts: Drafts;
  private readonly lease: Lease;
  private readonly stopwatch = new Stopwatch(undefined, !document.hidden);
  private readonly playback: Playback | null;
  private readonly submit: HTMLButtonElement;
  private readonly different = button(null, () => this.perform({ kind: "difference" }), { class: "quiet", "aria-pressed": "false" });
  private readonly raw = button(null, () => this.perform({ kind: "raw" }), { class: "quiet" });
  private readonly prompt: PromptView;
  private readonly play = button(null, () => this.perform({ kind: "play" }), { class: "quiet" });

  constructor(
    readonly task: Task,
    private readonly questions: Questions,
    private view: View,
    private readonly onView: (view: View) => void, // told when the rater chooses another
    private readonly elsewhere: (action: Action) => void,
  ) {
    this.decision = decisionFrom(task.draft, task.answers.length);
    this.drafts = new Drafts(task.comparison, task.lease);
    this.lease = new Lease(task.comparison, task.lease, task.expires_seconds, (sentence) => this.status.say(sentence, "problem"));
    this.viewers = task.answers.map(viewerOf);
    const cards = this.viewers.map((viewer, place) => answerCard(place, task.mode, viewer, questions, this));
    this.notes = notes(questions, this);
    const board = task.mode === "ranking" ? [rankingBoard(questions.allow_tie, this)] : [];
    const strength = questions.strength ? [strengthButtons(task.mode, questions, this)] : [];
    const bar = [...board, choiceButtons(task.mode, questions, this), ...strength];
    this.parts = [...cards, this.notes, ...bar];
    this.submit = button(null, () => this.perform({ kind: "submit" }), { class: "primary" });
    this.submit.append(...keyed("Enter", "Submit"));
    this.different.append(...keyed("d", "Difference"));
    this.raw.append(...keyed("m", "Raw text"));
    this.prompt = promptView(task.prompt);
    const clips = task.answers.some((answer) => answer.media === "clip");
    this.playback = clips ? new Playback(this.viewers, (playing) => this.play.replaceChildren(...keyed("Space", playing ? "Pause" : "Play"))) : null;
    const texts = this.viewers.filter((viewer) => viewer.text() !== null).length;
    const tools = el("div", { class: "tools" }, texts > 0 && this.raw, texts > 1 && this.different, clips && this.play);
    const answers = el("div", { class: "answers", "data-mode": task.mode, "data-count": task.answers.length }, ...cards.map((card) => card.element));
    const finish = el("div", { class: "finish" }, this.status.element, this.submit);
    const main = el("main", { tabindex: -1 }, this.prompt.element, tools, answers, this.notes.element);
    const footer = el("footer", { class: "bar" }, ...bar.map((part) => part.element), finish);
    this.element = el("div", { class: "desk" }, main, footer);
    this.showTexts(view);
    this.show();
  }

  perform(action: Action): void {
    if (action.kind === "comment") this.notes.focusComment();
    else if (action.kind === "difference") this.toggleDifference();
    else if (action.kind === "raw") this.toggleRaw();
    else if (action.kind === "play") this.playback?.toggle();
    else if (["submit", "undo", "history", "help", "guidelines"].includes(action.kind)) this.elsewhere(action);
    else this.change((old) => decide(old, action, this.task.mode, this.questions));
  }

  change(edit: (decision: Decision) => Decision): void {
    const next = edit(this.decision);
    if (next === this.decision) return;
    const first = this.decision.outcome === null && next.outcome !== null;
    const moved = next.outcome !== this.decision.outcome || next.ranks !== this.decision.ranks;
    if (moved) this.stopwatch.note(first ? "chosen" : "changed");
    this.decision = next;
    this.drafts.keep(next);
    this.show();
  }

  /// What is to be sent, or null when something is missing: the status says what.
  request(): SubmitRequest | null {
    const problem = missing(this.decision);
    if (problem !== null) {
      this.status.say(problem, "problem");
      return null;
    }
    const { comparison, lease } = this.task;
    const { seconds, events } = this.stopwatch;
    const view = this.raw.isConnected ? this.view : undefined; // clips have no two views
    return { next: true, nonce: this.nonce, comparison, lease, ...submission(this.decision), view, seconds, page_events: events };
  }

  /// While a decision is on its way nothing can be changed. What it says goes ahead as a draft: should the way be
  /// longer than this page lives, the task comes back with it.
  hold(held: boolean): void {
    this.element.classList.toggle("held", held);
    for (const part of this.parts) part.element.inert = held;
    this.submit.disabled = held;
    if (held) this.drafts.flush();
  }

  get hasClips(): boolean {
    return this.playback !== null;
  }

  /// Tab goes on from the prompt, wherever the focus was in the task before.
  takeFocus(): void {
    this.element.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
  }

  touch(): void {
    this.lease.touch();
  }

  visible(yes: boolean): void {
    this.stopwatch.visible(yes);
    if (!yes) this.drafts.flush(true);
  }

  putAway(): void {
    this.drafts.flush();
    this.lease.stop();
    this.playback?.stop();
    this.element.remove();
  }

  private show(): void {
    for (const part of this.parts) part.update(this.decision);
    const problem = missing(this.decision);
    this.submit.setAttribute("aria-disabled", String(problem !== null));
    this.status.say(problem !== null && this.decision.outcome !== null ? problem : "");
  }

  private showTexts(view: View): void {
    this.view = view;
    this.raw.setAttribute("aria-pressed", String(view === "raw"));
    this.prompt.show(view);
    for (const viewer of this.viewers) viewer.show(view);
    if (this.different.getAttribute("aria-pressed") === "true") this.showDifference(true);
  }

  private toggleRaw(): void {
    this.showTexts(this.view === "raw" ? "markdown" : "raw");
    this.onView(this.view);
  }

  private toggleDifference(): void {
    this.showDifference(this.different.getAttribute("aria-pressed") !== "true");
  }

  /// In a ranking every answer is compared with the first.
  private showDifference(on: boolean): void {
    const [first, ...others] = this.viewers;
    this.different.setAttribute("aria-pressed", String(on));
    this.viewers.forEach((viewer) => viewer.highlight([]));
    const base = first?.text() ?? null;
    const found = others.map((viewer) => {
      const text = viewer.text();
      return on && base !== null && text !== null ? difference(base, text) : null;
    });
    first?.highlight(found.length === 1 ? (found[0]?.left ?? []) : []);
    others.forEach((viewer, index) => viewer.highlight(found[index]?.right ?? []));
    if (on && found.some((one) => one === null)) this.status.say("These answers differ too much to show it word by word.");
  }
}
