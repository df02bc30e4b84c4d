// The rater's loop: ask for a task, show it, send the decision, ask for the next.
import type { NextReply, PastDecision, Saved, Session, SubmitRequest, Task } from "../contract";
import { el } from "../dom";
import { kept } from "../kept";
import { nonce } from "../nonce";
import { get, post, ServerError } from "../server";
import type { View } from "../text/show";
import type { TopBar } from "../top_bar";
import { showGuidelines, showNewGuidelines } from "./guidelines";
import { showHelp } from "./help";
import { pastDecisions, showHistory } from "./history";
import { actionFor, keepsEnter, takesKeys, type Action } from "./keyboard";
import { outbox, pauseOrOnline, type Outbox } from "./outbox";
import { Status } from "./status";
import { TaskDesk } from "./task_desk";

export class LabelPage {
  readonly element = el("div", { class: "label-page" });
  private desk: TaskDesk | null = null;
  private readonly resting = new Status(); // the status when there is no task
  private readonly outbox: Outbox;
  private busy = false; // a request that changes the task is under way
  private wait: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private session: Session,
    private readonly top: TopBar,
  ) {
    this.outbox = outbox(`${session.store}.${session.rater}`, {
      post: (request) => post<Saved>("/api/submit", request),
      storage: kept,
      pause: pauseOrOnline,
      onRetry: (problem, seconds, lasts) => {
        const where = lasts ? "It is kept here" : "It is kept in this page only, so leave it open";
        this.say(`Not saved yet: ${problem.message} ${where}; trying again in ${seconds} s.`, "problem");
      },
    });
    top.onAction((action) => this.perform(action));
    document.addEventListener("keydown", (event) => this.onKey(event));
    document.addEventListener("visibilitychange", () => this.desk?.visible(!document.hidden));
    addEventListener("pagehide", () => this.desk?.visible(false));
    for (const sign of ["pointermove", "keydown", "scroll"]) document.addEventListener(sign, () => this.desk?.touch(), { passive: true });
  }

  async start(): Promise<void> {
    showNewGuidelines(this.session);
    const left = this.outbox.left();
    if (left !== null) {
      this.rest("Sending the decision that an earlier page could not send.");
      await this.send(left);
    } else {
      await this.next();
    }
  }

  private say(text: string, kind?: "calm" | "good" | "problem"): void {
    (this.desk?.status ?? this.resting).say(text, kind);
  }

  private onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.repeat || takesKeys(event.target)) return;
    const action = actionFor(event, this.desk?.task.mode ?? "pair", this.desk?.task.answers.length ?? 0);
    if (action === null) return;
    if (action.kind === "submit" && keepsEnter(event.target)) return;
    if (action.kind === "play" && (!this.desk?.hasClips || event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    this.perform(action);
  }

  private perform(action: Action): void {
    if (action.kind === "help") showHelp(this.desk?.task.mode ?? "pair");
    else if (action.kind === "guidelines") showGuidelines(this.session);
    else if (this.busy) return;
    else if (action.kind === "history") void this.history();
    else if (action.kind === "undo") void this.undoLast();
    else if (action.kind === "submit") this.submit();
    else this.desk?.perform(action);
  }

  private submit(): void {
    const request = this.desk?.request();
    if (request) void this.send(request);
  }

  private async send(request: SubmitRequest): Promise<void> {
    this.busy = true;
    this.desk?.hold(true);
    this.say("Saving …");
    try {
      const saved = await this.outbox.send(request);
      const said = saved.surplus ? "Saved, beyond the number of votes that was asked for." : "Saved.";
      if (saved.next && saved.session) this.goOn(saved.next, saved.session, said);
      else await this.next(said);
    } catch (error) {
      const { code, message } = error as ServerError;
      this.desk?.hold(false);
      if (code === "lease_lost" || this.desk === null) await this.next(`Not saved: ${message}`, "problem");
      else this.say(`Not saved: ${message}`, "problem");
    } finally {
      this.busy = false;
    }
  }

  /// Shows the next task; `before` is what there is to say of the last one.
  private async next(before = "", kind: "good" | "problem" = "good"): Promise<void> {
    clearTimeout(this.wait);
    try {
      const [reply, session] = await Promise.all([post<NextReply>("/api/next", {}), get<Session>("/api/session")]);
      this.goOn(reply, session, before, kind);
    } catch (error) {
      const problem = error as ServerError;
      this.rest(`${before} ${problem.message}${problem.passing ? " Trying again." : ""}`, "problem");
      if (problem.passing) this.wait = setTimeout(() => void this.next(before, kind), 3000);
    }
  }

  private goOn(reply: NextReply, session: Session, before: string, kind: "good" | "problem" = "good"): void {
    clearTimeout(this.wait);
    this.session = session;
    this.top.show(session, reply.task?.remaining ?? null);
    showNewGuidelines(session);
    if (reply.task !== null) return this.show(reply.task, before, kind);
    if (reply.reason === "done") return this.rest(`${before} Every comparison of this queue has its votes. Thank you!`);
    const seconds = Math.max(1, reply.retry_seconds);
    this.rest(`${before} All that is left is before other raters now. Looking again in ${Math.round(seconds)} s.`);
    this.wait = setTimeout(() => void this.next(), seconds * 1000);
  }

  private show(task: Task, before: string, kind: "calm" | "good" | "problem"): void {
    this.desk?.putAway();
    const remember = (view: View) => kept.set(this.viewKey, view);
    this.desk = new TaskDesk(task, this.session.questions, this.view, remember, (action) => this.perform(action));
    this.element.replaceChildren(this.desk.element);
    this.say(before, kind);
    scrollTo(0, 0);
    this.desk.takeFocus();
  }

  private get viewKey(): string {
    return `nudge.view.${this.session.store}.${this.session.rater}`;
  }

  /// What the rater chose last, or else what the store says.
  private get view(): View {
    const chosen = kept.get(this.viewKey);
    if (chosen === "raw" || chosen === "markdown") return chosen;
    return this.session.questions.markdown ? "markdown" : "raw";
  }

  private rest(text: string, kind: "calm" | "problem" = "calm"): void {
    this.desk?.putAway();
    this.desk = null;
    this.resting.say(text.trim(), kind);
    this.element.replaceChildren(el("main", { class: "rest" }, this.resting.element));
  }

  private async history(): Promise<void> {
    try {
      showHistory(await pastDecisions(), (decision) => void this.undo(decision));
    } catch (error) {
      this.say((error as Error).message, "problem");
    }
  }

  private async undoLast(): Promise<void> {
    try {
      const last = (await pastDecisions()).find((decision) => decision.undoable && !decision.undone);
      if (last) await this.undo(last);
      else this.say("There is nothing to undo.");
    } catch (error) {
      this.say((error as Error).message, "problem");
    }
  }

  private async undo({ decision }: PastDecision): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const { task } = await post<{ task: Task }>("/api/undo", { nonce: nonce(), decision });
      this.show(task, "Undone. This is what you said; change it and submit again.", "calm");
    } catch (error) {
      this.say(`Not undone: ${(error as Error).message}`, "problem");
    } finally {
      this.busy = false;
    }
  }
}
