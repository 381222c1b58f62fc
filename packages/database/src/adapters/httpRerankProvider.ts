import { isAkiDbError, unavailable } from "@akidb/base";
import type { RerankOptions } from "../rerank/rerankOptions.ts";
import type { RerankCall, RerankProvider } from "../rerank/rerankProvider.ts";
import { rerankResults } from "../rerank/rerankResults.ts";

const timeoutMsDefault = 10_000;
const retryAfterMsDefault = 1_000;

/** Of one text; models read some thousand tokens, and cut the rest themselves. */
const textCharactersMax = 16_384;

/** A thousand results take a few dozen KiB. */
const answerBytesMax = 4 * 1024 * 1024;

interface Asking {
  readonly signal: AbortSignal;
  readonly traceparent: string | undefined;
}

/** Asks a server over HTTP that answers in the shape of Cohere's and Jina's. */
export class HttpRerankProvider implements RerankProvider {
  readonly name: string;
  readonly #options: RerankOptions & { readonly url: string };

  constructor(options: RerankOptions & { readonly url: string }) {
    this.name = options.name ?? "default";
    this.#options = options;
  }

  async rerank(query: string, texts: readonly string[], call: RerankCall): Promise<Float64Array> {
    const { deadline, traceparent } = call;
    if (texts.length === 0) return new Float64Array();
    deadline.check();
    const { timeoutMs = timeoutMsDefault } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await this.#ask(query, texts, {
        signal: AbortSignal.any([timeout, deadline.signal]),
        traceparent,
      });
      return rerankResults(answer, texts.length);
    } catch (error) {
      deadline.check();
      if (isAkiDbError(error)) throw error;
      const what = timeout.aborted ? `has not answered within ${timeoutMs} ms` : "cannot be reached";
      // The cause may name the address, which is none of a caller's business.
      throw unavailable(`the rerank provider ${what}`, { retryAfterMs: retryAfterMsDefault, cause: error });
    }
  }

  async #ask(query: string, texts: readonly string[], { signal, traceparent }: Asking): Promise<string> {
    const { url, model, apiKey } = this.#options;
    const response = await fetch(url, {
      method: "POST",
      // What it sends elsewhere would be sent the key, too.
      redirect: "error",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(traceparent !== undefined && { traceparent }),
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({
        ...(model !== undefined && { model }),
        query,
        documents: texts.map((text) => text.slice(0, textCharactersMax)),
        top_n: texts.length,
      }),
      signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(response);
    }
    return await readText(response);
  }
}

function refusal({ status, headers }: Response) {
  if (status === 401 || status === 403) {
    return unavailable(`the rerank provider refuses the server's key (HTTP ${status})`);
  }
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  const retryAfterMs = seconds > 0 && seconds <= 3_600 ? 1_000 * seconds : retryAfterMsDefault;
  const isPassing = status === 429 || status >= 500;
  return unavailable(`the rerank provider answered with HTTP ${status}`, isPassing ? { retryAfterMs } : {});
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw unavailable("the rerank provider's answer is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
