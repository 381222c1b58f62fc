import {
  AkiDbError,
  type CallOptions,
  invalidArgument,
  isAkiDbError,
  type Random,
  unavailable,
} from "@akidb/base";
import { errorFromProblem } from "@akidb/protocol";
import { callSignal, sleep } from "./callSignal.ts";
import { retryDelayMs } from "./retryDelay.ts";
import { type Shape, shapeMismatch } from "./shapeMismatch.ts";

export type Fetch = typeof globalThis.fetch;

export interface RestRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the server's address, percent-encoded. */
  readonly path: string;
  /** Makes the JSON body; what it throws is the caller's `invalid_argument`. */
  readonly body?: () => unknown;
  /** Whether doing it twice does what doing it once does, so that it may be tried again when no answer came. */
  readonly repeatable: boolean;
  readonly options: CallOptions | undefined;
}

/** An answer of 2xx; or why there is none, with the body of the server's refusal where it came to that. */
export type RestAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly error: AkiDbError; readonly body: unknown };

export interface RestRequests {
  /** Rejects unless the server accepts. */
  send(request: RestRequest): Promise<unknown>;
  /** For requests whose refusal says more than its error. */
  exchange(request: RestRequest): Promise<RestAnswer>;
}

export interface RestRequestsOptions {
  readonly url: string;
  readonly fetch: Fetch;
  readonly random: Random;
  readonly timeoutMs: number;
}

export function createRestRequests({ url, fetch, random, timeoutMs }: RestRequestsOptions): RestRequests {
  async function exchange({ method, path, body, repeatable, options }: RestRequest): Promise<RestAnswer> {
    const call = callSignal(url, options?.timeoutMs ?? timeoutMs, options?.signal);
    const init: RequestInit = { method, signal: call.signal };
    if (body !== undefined) {
      init.headers = { "content-type": "application/json" };
      init.body = encodeBody(body);
    }
    for (let attempt = 1; ; attempt++) {
      const answer = await attemptOnce(fetch, `${url}${path}`, init).catch(
        (error: unknown): RestAnswer => ({
          ok: false,
          error: call.error() ?? unreachable(url, error),
          body: undefined,
        }),
      );
      if (answer.ok) return answer;
      const delayMs = retryDelayMs({ error: answer.error, attempt, repeatable, random });
      if (delayMs === undefined || call.signal.aborted) return answer;
      await sleep(delayMs, call.signal);
      const ended = call.error();
      if (ended !== undefined) throw ended;
    }
  }

  return {
    exchange,
    send: async (request) => {
      const answer = await exchange(request);
      if (!answer.ok) throw answer.error;
      return answer.body;
    },
  };
}

async function attemptOnce(fetch: Fetch, url: string, init: RequestInit): Promise<RestAnswer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const body = parseJson(text);
  if (response.ok) return { ok: true, body };
  const error = errorFromProblem({
    httpStatus: response.status,
    retryAfter: response.headers.get("retry-after"),
    body,
  });
  return { ok: false, error, body };
}

function encodeBody(body: () => unknown): string {
  try {
    return JSON.stringify(body());
  } catch (error) {
    if (isAkiDbError(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidArgument("", `the request cannot be written as JSON: ${reason}`);
  }
}

/** Undefined for what is not JSON, which no schema accepts. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Node names the reason in the cause of `fetch failed`; browsers keep it to themselves. */
function unreachable(url: string, error: unknown): AkiDbError {
  if (isAkiDbError(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  const reason = cause instanceof Error ? ` (${"code" in cause ? String(cause.code) : cause.message})` : "";
  return unavailable(`no answer from ${url}${reason}; is the server running?`, { cause: error });
}

/**
 * An answer as the interface has it.
 *
 * @param schema the protocol's: TypeBox schemas are JSON Schema objects
 * @throws AkiDbError `internal` where the answer is of another shape: something else listens there, or another version
 */
export function readAnswer<Wire, Result>(
  schema: object,
  fromWire: (wire: Wire) => Result,
  body: unknown,
): Result {
  const mismatch = body === undefined ? "" : shapeMismatch(schema as Shape, body);
  if (mismatch !== undefined) {
    const where = mismatch === "" ? "" : ` at ${mismatch}`;
    throw new AkiDbError("internal", `the server's answer is not of AkiDB's protocol${where}`);
  }
  return fromWire(body as Wire);
}
