// How an answer is shown; the page knows only this interface. viewer_of.ts chooses.
import type { Range } from "../text/difference";

export interface Viewer {
  element: HTMLElement;
  text: string | null; // what difference highlighting compares; null when the answer is no text
  highlight(changed: Range[]): void;
  /// The moment of a clip, in seconds since both began; nothing to texts.
  tick(seconds: number): void;
}
