/** What the fetch of Node, by itself, waits for the beginning of an answer, and for each further part of it (undici's default). */
const fetchWaitMsMax = 300_000;

/** Where the fetch of Node, and any copy of undici beside it, finds what makes its connections. */
const globalDispatcher = Symbol.for("undici.globalDispatcher.1");

type Dispatch = (options: object, handler: object) => boolean;

/**
 * What a call must tell `fetch` that may take longer than the fetch of Node would wait: it would give up an answer that the
 * caller still waits for. Browsers do not look at it.
 */
export function longWait(timeoutMs: number): RequestInit {
  if (timeoutMs <= fetchWaitMsMax) return {};
  const dispatch: Dispatch = (options, handler) => {
    const { [globalDispatcher]: own } = globalThis as { [globalDispatcher]?: { dispatch: Dispatch } };
    if (own === undefined) throw new TypeError("this fetch calls a dispatcher, and has none of its own");
    return own.dispatch({ ...options, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }, handler);
  };
  return { dispatcher: { dispatch } } as RequestInit;
}
