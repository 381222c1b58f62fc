import { type AkiDb, embedInBatches } from "@akidb/base";
import { Embeddings } from "@langchain/core/embeddings";

export interface AkiDbEmbeddingsOptions {
  readonly db: AkiDb;
  /** The server's default if absent. */
  readonly model?: string;
}

/** The models of the database for LangChain: no key, no other service. */
export class AkiDbEmbeddings extends Embeddings<number[]> {
  readonly #db: AkiDb;
  readonly #model: string | undefined;

  constructor({ db, model }: AkiDbEmbeddingsOptions) {
    super({});
    this.#db = db;
    this.#model = model;
  }

  async embedDocuments(texts: string[]): Promise<number[][]> {
    const embeddings = await embedInBatches(this.#db, texts, this.#model);
    return embeddings.map((embedding) => Array.from(embedding));
  }

  async embedQuery(text: string): Promise<number[]> {
    const [embedding] = await this.embedDocuments([text]);
    return embedding!;
  }
}
