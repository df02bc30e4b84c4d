// Requests to the label server.

/// What went wrong, in one sentence. `code` is the server's, or "offline" when no answer came.
export class ServerError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 0,
  ) {
    super(message);
  }

  /// Whether the same request may succeed later: nobody answered, the server stumbled, or its disk is full.
  get passing(): boolean {
    return this.code === "offline" || this.code === "read_only" || this.status >= 500 || this.status === 429;
  }
}

const PATIENCE_MS = 15_000;

async function request<T>(path: string, options: RequestInit): Promise<T> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    text = await response.text();
  } catch {
    throw new ServerError("offline", "The label server does not answer.");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ServerError("offline", `The label server answered ${path} with something that is not JSON.`, response.status);
  }
  if (!response.ok) {
    const { code, error } = value as { code?: string; error?: string };
    throw new ServerError(code ?? "bad_request", error ?? `The label server refused ${path}.`, response.status);
  }
  return value as T;
}

export function get<T>(path: string): Promise<T> {
  return request<T>(path, {});
}

/// `keepalive` lets a request outlive the page that sent it; the browser limits it to 64 KiB.
export function post<T>(path: string, body: object, keepalive = false): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return request<T>(path, { method: "POST", headers, body: JSON.stringify(body), keepalive });
}
