// The way of a decision to the store. It is written down in this browser before it is sent and crossed out only when
// the server says that it is durable; the nonce makes a second sending harmless. So neither a lost connection nor a
// closed tab loses a decision, and neither a double click nor a retry makes two of one.
import type { Saved, SubmitRequest } from "../contract";
import { ServerError } from "../server";

export interface Outbox {
  /// Sends the decision until it is saved. Rejects only for what trying again cannot mend; the decision is dropped then.
  send(request: SubmitRequest): Promise<Saved>;
  /// The decision that an earlier page could not send, if any.
  left(): SubmitRequest | null;
}

export interface Means {
  post(request: SubmitRequest): Promise<Saved>;
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /// Resolves after that time, or as soon as the connection is back.
  pause(milliseconds: number): Promise<void>;
  /// Told of each failure that is followed by another try.
  onRetry(problem: ServerError, seconds: number): void;
}

const LONGEST_PAUSE_S = 15;

export function outbox(name: string, means: Means): Outbox {
  const key = `nudge.unsent.${name}`;
  const send = async (request: SubmitRequest): Promise<Saved> => {
    means.storage.setItem(key, JSON.stringify(request));
    for (let tries = 0; ; tries++) {
      try {
        const saved = await means.post(request);
        means.storage.removeItem(key);
        return saved;
      } catch (error) {
        const problem = error instanceof ServerError ? error : new ServerError("page", String(error));
        if (problem.code === "unauthorised") throw problem; // kept: it is sent when the link is opened again
        if (!problem.passing) {
          means.storage.removeItem(key);
          throw problem;
        }
        const seconds = Math.min(LONGEST_PAUSE_S, 2 ** tries);
        means.onRetry(problem, seconds);
        await means.pause(seconds * 1000);
      }
    }
  };
  const left = () => JSON.parse(means.storage.getItem(key) ?? "null") as SubmitRequest | null;
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
