import { type AkiDb, embedInBatches } from "@akidb/base";
import { BaseEmbedding } from "@llamaindex/core/embeddings";

export interface AkiDbEmbeddingOptions {
  readonly db: AkiDb;
  /** The server's default if absent. */
  readonly model?: string;
}

/** The models of the database for LlamaIndex: no key, no other service. */
export class AkiDbEmbedding extends BaseEmbedding {
  readonly #db: AkiDb;
  readonly #model: string | undefined;

  constructor({ db, model }: AkiDbEmbeddingOptions) {
    super();
    this.#db = db;
    this.#model = model;
  }

  override async getTextEmbedding(text: string): Promise<number[]> {
    const [embedding] = await this.#embed([text]);
    return embedding!;
  }

  // A field, as the class that it replaces it in has it.
  override getTextEmbeddings = (texts: string[]): Promise<number[][]> => this.#embed(texts);

  async #embed(texts: readonly string[]): Promise<number[][]> {
    const embeddings = await embedInBatches(this.#db, texts, this.#model);
    return embeddings.map((embedding) => Array.from(embedding));
  }
}
