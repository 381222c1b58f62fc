import type { EmbeddingModel, EmbeddingProvider, Embeddings, EmbedOptions } from "../embeddingProvider.ts";
import { createMockProvider } from "../mock/mockProvider.ts";

interface GatedCall {
  readonly texts: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly inputType: EmbedOptions["inputType"];
  /** With what the mock model gives. */
  answer(): Promise<void>;
  fail(error: Error): void;
}

/** The mock model, which answers a call when the test says so. */
export class GatedModel {
  readonly calls: GatedCall[] = [];
  readonly provider: EmbeddingProvider;

  constructor() {
    const mock = createMockProvider();
    const gated = async (...wanted: Parameters<EmbeddingProvider["model"]>): Promise<EmbeddingModel> => {
      const model = await mock.model(...wanted);
      return { ...model, embed: (texts, options) => this.#embed(model, texts, options) };
    };
    this.provider = { ...mock, model: gated, probe: () => gated() };
  }

  /** The nth call, as soon as there is one. */
  async call(index: number): Promise<GatedCall> {
    while (this.calls[index] === undefined) await new Promise((resolve) => setImmediate(resolve));
    return this.calls[index];
  }

  async #embed(
    model: EmbeddingModel,
    texts: readonly string[],
    { signal, inputType }: EmbedOptions = {},
  ): Promise<Embeddings> {
    const { promise, resolve, reject } = Promise.withResolvers<Embeddings>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    this.calls.push({
      texts,
      signal,
      inputType,
      answer: async () => resolve(await model.embed(texts)),
      fail: reject,
    });
    return await promise;
  }
}
