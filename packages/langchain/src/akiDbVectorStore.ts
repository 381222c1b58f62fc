import {
  type AkiDb,
  type Collection,
  type DocumentInput,
  type Include,
  invalidArgument,
  type JsonObject,
  type Match,
  type Metric,
  metadataAsJson,
  upsertInto,
} from "@akidb/base";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { maximalMarginalRelevance } from "@langchain/core/utils/math";
import { type MaxMarginalRelevanceSearchOptions, VectorStore } from "@langchain/core/vectorstores";

export interface AkiDbVectorStoreOptions {
  /** What `open()` or `connect()` gave; it stays the caller's to close. */
  readonly db: AkiDb;
  /** By name or id. The first write makes one of that name where there is none. */
  readonly collection: string;
  /** Of a collection that is made; cosine if absent. */
  readonly metric?: Metric;
}

/** Exactly one of the two. */
export interface AkiDbDeleteInput {
  /** Of documents; those of which there is none are passed over. */
  readonly ids?: readonly string[];
  readonly filter?: JsonObject;
}

/** Candidates among which `maxMarginalRelevanceSearch` chooses, where the call does not say. */
const fetchCountDefault = 20;

/**
 * A collection of AkiDB as LangChain's `VectorStore`. Page contents are the documents' texts, so that full-text queries
 * find them, too; ids are external ids. Filters are AkiDB's own, and scores its metric's: higher is nearer.
 */
export class AkiDbVectorStore extends VectorStore {
  declare FilterType: JsonObject;
  readonly #db: AkiDb;
  readonly #collection: string;
  readonly #metric: Metric | undefined;

  constructor(embeddings: EmbeddingsInterface, { db, collection, metric }: AkiDbVectorStoreOptions) {
    super(embeddings, {});
    this.#db = db;
    this.#collection = collection;
    this.#metric = metric;
  }

  /** @param metadatas one for each text, or one for all */
  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    options: AkiDbVectorStoreOptions,
  ): Promise<AkiDbVectorStore> {
    if (Array.isArray(metadatas)) checkCount("metadatas", metadatas.length, texts.length);
    const documents = texts.map((pageContent, index) => {
      const metadata: object = Array.isArray(metadatas) ? metadatas[index] : metadatas;
      return new Document({ pageContent, metadata });
    });
    return AkiDbVectorStore.fromDocuments(documents, embeddings, options);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    options: AkiDbVectorStoreOptions,
  ): Promise<AkiDbVectorStore> {
    const store = new AkiDbVectorStore(embeddings, options);
    await store.addDocuments(documents);
    return store;
  }

  _vectorstoreType(): string {
    return "akidb";
  }

  async addDocuments(
    documents: DocumentInterface[],
    options?: { readonly ids?: readonly string[] },
  ): Promise<string[]> {
    const texts = documents.map(({ pageContent }) => pageContent);
    return this.addVectors(await this.embeddings.embedDocuments(texts), documents, options);
  }

  /**
   * @param options ids in place of those that the documents have; a document that has none gets one
   * @returns the documents' ids
   */
  async addVectors(
    vectors: number[][],
    documents: DocumentInterface[],
    { ids }: { readonly ids?: readonly string[] } = {},
  ): Promise<string[]> {
    checkCount("vectors", vectors.length, documents.length);
    if (ids !== undefined) checkCount("ids", ids.length, documents.length);
    const inputs = documents.map(({ id, pageContent, metadata }, index): DocumentInput => {
      const externalId = ids?.[index] ?? id;
      return {
        ...(externalId !== undefined && { externalId }),
        vector: vectors[index]!,
        text: pageContent,
        metadata: metadataAsJson(metadata, `documents[${index}].metadata`),
      };
    });
    const [first] = vectors;
    if (first === undefined) return [];
    const collection = {
      name: this.#collection,
      dimension: first.length,
      ...(this.#metric !== undefined && { metric: this.#metric }),
    };
    const written = await upsertInto({ db: this.#db, collection }, inputs);
    return written.map((id, index) => inputs[index]?.externalId ?? id);
  }

  override async delete({ ids, filter }: AkiDbDeleteInput = {}): Promise<void> {
    await this.#documents().deleteMany({
      ...(ids !== undefined && { ids }),
      ...(filter !== undefined && { filter }),
    });
  }

  async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: JsonObject,
  ): Promise<[Document, number][]> {
    const matches = await this.#nearest(query, { topK: k, filter, include: ["metadata", "text"] });
    return matches.map((match) => [toDocument(match), match.score]);
  }

  /** Chooses by cosine among the `fetchK` nearest (Carbonell & Goldstein 1998), whatever the collection's metric. */
  override async maxMarginalRelevanceSearch(
    query: string,
    {
      k,
      fetchK = Math.max(k, fetchCountDefault),
      lambda,
      filter,
    }: MaxMarginalRelevanceSearchOptions<JsonObject>,
  ): Promise<Document[]> {
    const vector = await this.embeddings.embedQuery(query);
    const include = ["metadata", "text", "vector"] as const;
    const matches = await this.#nearest(vector, { topK: fetchK, filter, include });
    const candidates = matches.map((match) => Array.from(match.vector!));
    return maximalMarginalRelevance(vector, candidates, lambda, k).map((index) =>
      toDocument(matches[index]!),
    );
  }

  async #nearest(
    vector: number[],
    options: {
      readonly topK: number;
      readonly filter: JsonObject | undefined;
      readonly include: readonly Include[];
    },
  ): Promise<readonly Match[]> {
    const { topK, filter, include } = options;
    const { matches } = await this.#documents().query({
      vector,
      topK,
      include,
      ...(filter !== undefined && { filter }),
    });
    return matches;
  }

  #documents(): Collection {
    return this.#db.collection(this.#collection);
  }
}

const toDocument = ({ id, externalId, text = "", metadata = {} }: Match): Document =>
  new Document({ id: externalId ?? id, pageContent: text, metadata });

function checkCount(path: string, count: number, documentCount: number): void {
  if (count === documentCount) return;
  throw invalidArgument(path, `has ${count} elements, and there are ${documentCount} documents`);
}
