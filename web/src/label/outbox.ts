// The way of a decision to the store. It is written down in this browser before it is sent and crossed out only when
// the server says that it is durable; the nonce makes a second sending harmless. So neither a lost connection nor a
// closed tab loses a decision, and neither a double click nor a retry makes two of one.
import type { Saved, SubmitRequest } from "../contract";
import type { Keeper } from "../kept";
import { ServerError } from "../server";

export interface Outbox {
  /// Sends the decision until it is saved. Rejects only for what trying again cannot mend; the decision is dropped then.
  send(request: SubmitRequest): Promise<Saved>;
  /// The decision that an earlier page could not send, if any.
  left(): SubmitRequest | null;
}

export interface Means {
  post(request: SubmitRequest): Promise<Saved>;
  storage: Keeper;
  /// Resolves after that time, or as soon as the connection is back.
  pause(milliseconds: number): Promise<void>;
  /// Told of each failure that is followed by another try, and whether the decision would outlive this page.
  onRetry(problem: ServerError, seconds: number, lasts: boolean): void;
}

const LONGEST_PAUSE_S = 15;

/// Null for what is no request: a browser's storage can be broken, and other programs write to it.
function requestIn(text: string | null): SubmitRequest | null {
  try {
    const value = JSON.parse(text ?? "null") as SubmitRequest | null;
    return typeof value?.nonce === "string" && typeof value.lease === "string" && typeof value.outcome === "string" ? value : null;
  } catch {
    return null;
  }
}

export function outbox(name: string, means: Means): Outbox {
  const key = `nudge.unsent.${name}`;
  const send = async (request: SubmitRequest): Promise<Saved> => {
    const lasts = means.storage.set(key, JSON.stringify(request));
    for (let tries = 0; ; tries++) {
      try {
        const saved = await means.post(request);
        means.storage.remove(key);
        return saved;
      } catch (error) {
        const problem = error instanceof ServerError ? error : new ServerError("page", String(error));
        if (problem.code === "unauthorised") throw problem; // kept: it is sent when the link is opened again
        if (!problem.passing) {
          means.storage.remove(key);
          throw problem;
        }
        const seconds = Math.min(LONGEST_PAUSE_S, 2 ** tries);
        means.onRetry(problem, seconds, lasts);
        await means.pause(seconds * 1000);
      }
    }
  };
  const left = () => {
    const found = requestIn(means.storage.get(key));
    if (found === null) means.storage.remove(key);
    return found;
  };
  return { send, left };
}

export function pauseOrOnline(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
  });
}
