import type { Decision } from "./decision";
import type { Action } from "./keyboard";

/// A piece of the page that shows the decision. Parts are built once for a task; `update` makes them show its state.
export interface Part {
  element: HTMLElement;
  update(decision: Decision): void;
}

/// How parts say what the rater did; the page answers with `update` of every part.
export interface Desk {
  perform(action: Action): void; // what a key would do as well
  change(edit: (decision: Decision) => Decision): void;
}
