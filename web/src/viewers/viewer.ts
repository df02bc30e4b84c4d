// How an answer is shown; the page knows only this interface. viewer_of.ts chooses.
import type { Range } from "../text/difference";
import type { View } from "../text/show";

export interface Viewer {
  element: HTMLElement;
  /// What difference highlighting compares: the text as it is shown now; null when the answer is no text.
  text(): string | null;
  highlight(changed: Range[]): void;
  show(view: View): void; // nothing to clips
  /// The moment of a clip, in seconds since both began; nothing to texts.
  tick(seconds: number): void;
}
