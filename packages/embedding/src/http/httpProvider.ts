import {
  AkiDbError,
  type FieldViolation,
  invalidArguments,
  isAkiDbError,
  limits,
  noDeadline,
  orAborted,
  unavailable,
} from "@akidb/base";
import type {
  EmbeddingModel,
  EmbeddingProvider,
  EmbeddingState,
  Embeddings,
  EmbedOptions,
} from "../embeddingProvider.ts";
import { emptyTexts } from "../emptyTexts.ts";
import { requireModelDimension } from "../requireModelDimension.ts";
import { requireModelName } from "../requireModelName.ts";
import { textBatches } from "../textBatches.ts";
import { withoutLoneSurrogates } from "../withoutLoneSurrogates.ts";
import { embeddingsAnswer } from "./embeddingsAnswer.ts";
import { type HttpOptions, httpDefaults } from "./httpOptions.ts";
import type { AskServer, ServerRequest } from "./serverAnswer.ts";

const probeText = "a vector database";

interface Probed {
  readonly dimension: number;
  readonly encoding: ServerRequest["encoding"];
}

/**
 * One model of a server that is asked by `ask`. Its dimension is the server's to say: a probe asks for it at the first
 * use, again after a failure, and once only where all goes well. A model by the same name that has another dimension later
 * fails every call, instead of mixing two spaces.
 */
export class HttpProvider implements EmbeddingProvider {
  readonly kind = "http";
  readonly queueDepth = 0;
  readonly modelNames: readonly string[];
  readonly #options: HttpOptions;
  readonly #ask: AskServer;
  readonly #closing = new AbortController();
  #probe: Promise<Probed> | undefined;
  #state: EmbeddingState = { status: "loading" };

  constructor(options: HttpOptions, ask: AskServer) {
    this.#options = options;
    this.#ask = ask;
    this.modelNames = [options.model];
  }

  get state(): EmbeddingState {
    return this.#state;
  }

  async model(
    name = this.#options.model,
    wanted?: number,
    { signal }: EmbedOptions = {},
  ): Promise<EmbeddingModel> {
    const known = this.#options.model;
    requireModelName(known, name);
    const probed = await orAborted(this.#probed(), noDeadline(signal));
    const { dimension } = probed;
    requireModelDimension(known, dimension, wanted);
    return {
      name,
      dimension,
      fingerprint: `http/1/${encodeURIComponent(known)}/${dimension}`,
      embed: (texts, options = {}) => this.#embed(texts, probed, options),
    };
  }

  /** Anew, although the dimension is known. */
  async probe(options: EmbedOptions = {}): Promise<EmbeddingModel> {
    this.#probe = undefined;
    return await this.model(undefined, undefined, options);
  }

  async close(): Promise<void> {
    this.#closing.abort(unavailable("the database is closing"));
    await this.#probe?.catch(() => {});
  }

  /** One at a time; who leaves meanwhile does not end it for the others. */
  #probed(): Promise<Probed> {
    this.#probe ??= this.#askForDimension().catch((error: unknown) => {
      this.#probe = undefined;
      throw error;
    });
    return this.#probe;
  }

  async #askForDimension(): Promise<Probed> {
    const { signal } = this.#closing;
    let refused = "";
    // Base64 takes a quarter of the room. Who knows nothing of it answers with numbers, or refuses.
    for (const encoding of ["base64", "float"] as const) {
      const answer = await this.#told(() => this.#ask({ texts: [probeText], encoding, signal }));
      if (answer.kind === "answered") {
        const { dimension } = await this.#told(async () => checkedDimension(answer.body));
        return { dimension, encoding };
      }
      refused = answer.reason;
    }
    return await this.#told(() =>
      Promise.reject(unavailable(`the embedding server embeds nothing with the model: ${refused}`)),
    );
  }

  async #embed(texts: readonly string[], probed: Probed, { signal }: EmbedOptions): Promise<Embeddings> {
    const deadline = noDeadline(signal);
    deadline.check();
    const violations = emptyTexts(texts);
    if (violations.length > 0) throw invalidArguments(violations);
    const ending = AbortSignal.any([deadline.signal, this.#closing.signal]);
    const vectors = new Float32Array(texts.length * probed.dimension);
    const readable = texts.map(withoutLoneSurrogates);
    let totalTokens = 0;
    for (const [start, end] of textBatches(readable, this.#options.batchSize ?? httpDefaults.batchSize)) {
      totalTokens += await this.#embedRange(readable, [start, end], {
        ...probed,
        vectors,
        violations,
        signal: ending,
      });
    }
    if (violations.length > 0) throw invalidArguments(violations);
    return { vectors, totalTokens };
  }

  /** Halves what is refused, until what is to blame stands alone. @returns tokens */
  async #embedRange(
    texts: readonly string[],
    [start, end]: readonly [number, number],
    call: Probed & { vectors: Float32Array; violations: FieldViolation[]; signal: AbortSignal },
  ): Promise<number> {
    const { dimension, encoding, vectors, violations, signal } = call;
    const answer = await this.#told(
      () => this.#ask({ texts: texts.slice(start, end), encoding, signal }),
      signal,
    );
    if (answer.kind === "answered") {
      const read = await this.#told(async () => embeddingsAnswer(answer.body, end - start, dimension));
      vectors.set(read.vectors, start * dimension);
      return read.totalTokens;
    }
    if (end - start === 1) {
      violations.push({
        path: `texts[${start}]`,
        detail: `is refused by the embedding server: ${answer.reason}`,
      });
      return 0;
    }
    const middle = (start + end) >> 1;
    const before = await this.#embedRange(texts, [start, middle], call);
    return before + (await this.#embedRange(texts, [middle, end], call));
  }

  /** Remembers how it went, unless whoever asked has left. */
  async #told<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    try {
      const result = await work();
      this.#state = { status: "ready" };
      return result;
    } catch (error) {
      if (isAkiDbError(error) && signal?.aborted !== true) {
        this.#state = { status: "degraded", reason: error.message };
      }
      throw error;
    }
  }
}

function checkedDimension(body: string): { readonly dimension: number } {
  const { dimension } = embeddingsAnswer(body, 1);
  if (dimension >= limits.dimensionMin && dimension <= limits.dimensionMax) return { dimension };
  throw new AkiDbError(
    "unavailable",
    `the embedding server's model has ${dimension} dimensions; ${limits.dimensionMin} to ${limits.dimensionMax} can be stored`,
  );
}
