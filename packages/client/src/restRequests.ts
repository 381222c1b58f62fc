import {
  AkiDbError,
  type CallOptions,
  invalidArgument,
  isAkiDbError,
  type Random,
  type SnapshotDownload,
  unavailable,
} from "@akidb/base";
import { errorFromProblem } from "@akidb/protocol";
import { attempts } from "./attempts.ts";
import { callSignal } from "./callSignal.ts";
import type { CredentialHeaders } from "./credentials.ts";
import { longWait } from "./longWait.ts";
import { untrustedCertificate } from "./untrustedCertificate.ts";

export type Fetch = typeof globalThis.fetch;

export interface RestRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the server's address, percent-encoded. */
  readonly path: string;
  /** Makes the JSON body; what it throws is the caller's `invalid_argument`. */
  readonly body?: () => unknown;
  /** Sent as `If-Match`. */
  readonly ifVersion?: number | undefined;
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
  /** A body of any length, not held in memory; the timeout is that of its beginning. */
  download(path: string, options: CallOptions | undefined): Promise<SnapshotDownload>;
  /** The same where nobody knows how long it is. */
  stream(path: string, options: CallOptions | undefined): Promise<ReadableStream<Uint8Array>>;
}

export interface RestRequestsOptions {
  readonly url: string;
  readonly fetch: Fetch;
  readonly random: Random;
  readonly timeoutMs: number;
  readonly credentials: CredentialHeaders;
}

export function createRestRequests(options: RestRequestsOptions): RestRequests {
  const { url, fetch, random, credentials } = options;
  const timeoutMsOf = (call: CallOptions | undefined): number => call?.timeoutMs ?? options.timeoutMs;

  async function exchange({
    method,
    path,
    body,
    ifVersion,
    repeatable,
    options,
  }: RestRequest): Promise<RestAnswer> {
    const timeoutMs = timeoutMsOf(options);
    const call = callSignal(url, timeoutMs, options?.signal);
    const init: RequestInit = { method, signal: call.signal, redirect, ...longWait(timeoutMs) };
    if (body !== undefined) init.body = encodeBody(body);
    init.headers = {
      ...(await credentials()),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(ifVersion !== undefined && { "if-match": `"${ifVersion}"` }),
    };
    const attempt = () =>
      attemptOnce(fetch, `${url}${path}`, init).catch(
        (error: unknown): RestAnswer => ({
          ok: false,
          error: call.error() ?? unreachable(url, error),
          body: undefined,
        }),
      );
    return await attempts(attempt, { call, repeatable, random });
  }

  async function open(path: string, options: CallOptions | undefined): Promise<Response> {
    const timeoutMs = timeoutMsOf(options);
    const call = callSignal(url, timeoutMs, options?.signal);
    // The call's own signal would cut the body short when its time is up.
    const opening = new AbortController();
    const stop = (): void => opening.abort();
    call.signal.addEventListener("abort", stop);
    const signal =
      options?.signal === undefined ? opening.signal : AbortSignal.any([opening.signal, options.signal]);
    const init = { signal, redirect, headers: await credentials(), ...longWait(timeoutMs) } as const;
    const response = await fetch(`${url}${path}`, init)
      .catch((error: unknown) => {
        throw call.error() ?? unreachable(url, error);
      })
      .finally(() => call.signal.removeEventListener("abort", stop));
    if (!response.ok) throw await refusalOf(response);
    return response;
  }

  async function download(path: string, options: CallOptions | undefined): Promise<SnapshotDownload> {
    const response = await open(path, options);
    const sizeBytes = Number(response.headers.get("content-length") ?? Number.NaN);
    if (response.body === null || !Number.isSafeInteger(sizeBytes)) {
      throw new AkiDbError("internal", "the server's answer is not a file of a known length");
    }
    return { sizeBytes, body: response.body };
  }

  return {
    exchange,
    download,
    stream: async (path, options) => {
      const { body } = await open(path, options);
      if (body === null) throw new AkiDbError("internal", "the server's answer has no body");
      return body;
    },
    send: async (request) => {
      const answer = await exchange(request);
      if (!answer.ok) throw answer.error;
      return answer.body;
    },
  };
}

/** Credentials go to the server that was named, and to none that it names. */
const redirect = "error";

async function attemptOnce(fetch: Fetch, url: string, init: RequestInit): Promise<RestAnswer> {
  const response = await fetch(url, init);
  const body = parseJson(await response.text());
  return response.ok ? { ok: true, body } : { ok: false, error: errorOf(response, body), body };
}

const refusalOf = async (response: Response): Promise<AkiDbError> =>
  errorOf(response, parseJson(await response.text()));

const errorOf = (response: Response, body: unknown): AkiDbError =>
  errorFromProblem({ httpStatus: response.status, retryAfter: response.headers.get("retry-after"), body });

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

/** Node's codes of TLS, which are OpenSSL's (X509_V_ERR_…) without their beginning. */
const isAboutCertificate = (code: string): boolean => /CERT|^UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)/.test(code);

/** Node names the reason in the cause of `fetch failed`; browsers keep it to themselves. */
function unreachable(url: string, error: unknown): AkiDbError {
  if (isAkiDbError(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  if (code !== undefined && isAboutCertificate(code)) {
    return untrustedCertificate(url, code);
  }
  const reason = cause instanceof Error ? ` (${code ?? cause.message})` : "";
  return unavailable(`no answer from ${url}${reason}; is the server running?`, { cause: error });
}
