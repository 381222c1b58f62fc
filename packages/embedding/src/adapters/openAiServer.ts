import { type AkiDbError, isAkiDbError, noDeadline, unavailable } from "@akidb/base";
import { type HttpOptions, httpDefaults } from "../http/httpOptions.ts";
import { refusalReason } from "../http/refusalReason.ts";
import type { AskServer, ServerAnswer, ServerRequest } from "../http/serverAnswer.ts";

const retryAfterMsDefault = 1_000;
const errorBytesMax = 16 * 1024;
/** A component takes up to 25 characters as a number, of 4,096 and more. */
const answerBytesPerTextMax = 128 * 1024;

/** Asks over HTTP, as clients of OpenAI ask. */
export function openAiServer(options: HttpOptions): AskServer {
  const endpoint = endpointOf(options.url);
  const { timeoutMs = httpDefaults.timeoutMs } = options;
  return async (request) => {
    const deadline = noDeadline(request.signal);
    deadline.check();
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await ask(endpoint, options, {
        ...request,
        signal: AbortSignal.any([timeout, deadline.signal]),
      });
    } catch (error) {
      deadline.check();
      if (isAkiDbError(error)) throw error;
      const what = timeout.aborted ? `has not answered within ${timeoutMs} ms` : "cannot be reached";
      // The cause may name the address, which is none of a caller's business.
      throw unavailable(`the embedding server ${what}`, { retryAfterMs: retryAfterMsDefault, cause: error });
    }
  };
}

function endpointOf(url: string): string {
  const endpoint = new URL(url);
  const path = endpoint.pathname.replace(/\/+$/, "");
  endpoint.pathname = path.endsWith("/embeddings") ? path : `${path}/embeddings`;
  return endpoint.href;
}

async function ask(
  endpoint: string,
  { model, apiKey }: HttpOptions,
  { texts, encoding, signal }: ServerRequest,
): Promise<ServerAnswer> {
  const response = await fetch(endpoint, {
    method: "POST",
    // What it sends elsewhere would be sent the key, too.
    redirect: "error",
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
    },
    body: JSON.stringify({ model, input: texts, encoding_format: encoding }),
    ...(signal !== undefined && { signal }),
  });
  if (response.ok) {
    return {
      kind: "answered",
      body: await readText(response, texts.length * answerBytesPerTextMax + errorBytesMax),
    };
  }
  const failure = failureOf(response, model);
  if (failure !== undefined) {
    await response.body?.cancel();
    throw failure;
  }
  return {
    kind: "refused",
    reason: refusalReason(response.status, await readText(response, errorBytesMax), apiKey),
  };
}

/** Undefined where it is what was sent that the server does not take: 400, 413 and 422. */
function failureOf({ status, headers }: Response, model: string): AkiDbError | undefined {
  if (status === 400 || status === 413 || status === 422) return undefined;
  if (status === 401 || status === 403) {
    return unavailable(`the embedding server refuses the key that it is shown (HTTP ${status})`);
  }
  if (status === 404) {
    return unavailable(`the embedding server does not have the model ${JSON.stringify(model)} (HTTP 404)`);
  }
  const isPassing = status === 408 || status === 429 || status >= 500;
  return unavailable(
    `the embedding server answered with HTTP ${status}`,
    isPassing ? { retryAfterMs: retryAfterMsOf(headers) } : {},
  );
}

function retryAfterMsOf(headers: Headers): number {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return seconds > 0 && seconds <= 3_600 ? 1_000 * seconds : retryAfterMsDefault;
}

async function readText(response: Response, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw unavailable("the embedding server's answer is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
