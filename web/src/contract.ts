// What the label server and the page say to each other, as JSON. Every list "by place" is in the order in which the
// answers are shown to this rater; the server alone knows which answer stands in which place.

export type Outcome = "compared" | "both_bad" | "cannot_judge" | "skipped";

export interface Questions {
  strength: boolean;
  quality: boolean;
  answer_flags: string[];
  comparison_flags: string[];
  allow_tie: boolean;
  markdown: boolean; // how texts are shown to those who chose nothing
}

export interface Session {
  rater: string | null;
  owner: boolean;
  store: string;
  read_only: string | null; // a sentence when nothing can be saved
  questions: Questions;
  guidelines: { version: number; text: string };
  today: number; // decisions of this rater
  seconds_median: number | null;
}

export interface Answer {
  content: string;
  media: string; // which viewer shows it: "text" or "clip"
}

export interface Task {
  comparison: string;
  lease: string;
  expires_seconds: number;
  mode: "pair" | "ranking";
  prompt: { messages?: { role: string; content: string }[]; text?: string };
  answers: Answer[];
  draft: object | null; // what /api/draft was last told, or the decision that was undone
  remaining: number;
}

export type NextReply = { task: Task } | { task: null; reason: "done" | "all_leased"; retry_seconds: number };

/// A decision in the words of the server; also the form of drafts, in which `outcome` and ranks may be null.
export interface Submission {
  outcome: Outcome;
  ranks: number[]; // by place, 0 best, equal ranks are ties
  strength: number; // of the best over the next best: 0 not said, 1 negligibly ... 4 significantly better
  quality: number[]; // by place, 1-7; empty: not asked
  answer_flags: string[][]; // by place
  flags: string[];
  comment: string;
}

export interface PageEvent {
  kind: "shown" | "focused" | "chosen" | "changed";
  at_ms: number; // since the task was shown
}

/// What is sent: the nonce makes sending it twice the same as once. The reply brings what /api/next and /api/session
/// would answer, so that going on takes one request.
export interface SubmitRequest extends Submission {
  next: true;
  nonce: string;
  view?: "markdown" | "raw"; // how the answers were shown when the decision was sent; none of clips
  comparison: string;
  lease: string;
  seconds: number;
  page_events: PageEvent[];
}

export interface Saved {
  status: "saved";
  decision: string | number;
  surplus: boolean;
  today: number;
  next?: NextReply; // missing when the server could give none: asking for it says why
  session?: Session;
}

export interface PastDecision {
  decision: string | number;
  comparison: string;
  outcome: Outcome;
  ranks: number[]; // by place, as the answers stood before this rater; empty unless compared
  strength: number;
  summary: string;
  time: string;
  undone: boolean;
  undoable: boolean;
}
