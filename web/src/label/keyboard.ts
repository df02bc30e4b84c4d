// Keys to actions. Pure: what a key does depends on the task only, and nothing is a key while text is being written.

export type Action =
  | { kind: "answer"; place: number } // pair: choose it; ranking: rank it next
  | { kind: "strength"; strength: number }
  | { kind: "tie" | "both_bad" | "cannot_judge" | "skipped" }
  | { kind: "undo" | "comment" | "help" | "difference" | "guidelines" | "history" | "play" | "raw" | "submit" };

export interface KeyPress {
  key: string;
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const PLAIN: Record<string, Action> = {
  x: { kind: "cannot_judge" },
  s: { kind: "skipped" },
  u: { kind: "undo" },
  c: { kind: "comment" },
  d: { kind: "difference" },
  g: { kind: "guidelines" },
  h: { kind: "history" },
  m: { kind: "raw" },
  "?": { kind: "help" },
  " ": { kind: "play" },
  Enter: { kind: "submit" },
};

/// How much better, least first. A ranking needs the digits for its answers.
export const STRENGTH_KEYS = { pair: "6789", ranking: "qwer" } as const;

function strengths(keys: string): Record<string, Action> {
  return Object.fromEntries([...keys].map((key, index) => [key, { kind: "strength", strength: index + 1 }]));
}

const PAIR: Record<string, Action> = {
  1: { kind: "answer", place: 0 },
  2: { kind: "answer", place: 1 },
  a: { kind: "answer", place: 0 },
  b: { kind: "answer", place: 1 },
  3: { kind: "tie" },
  4: { kind: "both_bad" },
  ...strengths(STRENGTH_KEYS.pair),
};

const RANKING: Record<string, Action> = { "=": { kind: "tie" }, 0: { kind: "both_bad" }, ...strengths(STRENGTH_KEYS.ranking) };

/// What the key stands for; null for keys that are the browser's.
export function actionFor(press: KeyPress, mode: "pair" | "ranking", places: number): Action | null {
  if ((press.ctrlKey || press.metaKey) && press.key === "Enter") return { kind: "submit" }; // as from the comment
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const own = mode === "pair" ? PAIR : RANKING;
  const named = own[key] ?? PLAIN[key];
  if (named) return named;
  // The digit row of layouts that need Shift for digits (French).
  const digit = /^[0-9]$/.test(key) ? key : press.shiftKey ? undefined : /^Digit([0-9])$/.exec(press.code)?.[1];
  if (digit === undefined) return null;
  if (own[digit]) return own[digit];
  return mode === "ranking" && digit >= "1" && Number(digit) <= places ? { kind: "answer", place: Number(digit) - 1 } : null;
}

/// Whether keys belong to the element in focus: fields that hold text, lists, and anything inside an open dialog.
export function takesKeys(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest("dialog[open]") !== null) return true;
  return target.matches("textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]");
}

/// Whether Enter should do what the focused element does by itself, rather than submit: links and buttons do, but not
/// a choice that is already made, so that choosing by mouse and then Enter submits.
export function keepsEnter(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button:not([aria-pressed=true]), a[href], summary") !== null;
}
