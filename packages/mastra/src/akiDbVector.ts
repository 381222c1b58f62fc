import {
  type AkiDb,
  type Collection,
  type DocumentInput,
  invalidArgument,
  isAkiDbError,
  type JsonObject,
  limits,
  type Match,
  type Metric,
  metadataAsJson,
  upsertInBatches,
} from "@akidb/base";
import {
  type CreateIndexParams,
  type DeleteIndexParams,
  type DeleteVectorParams,
  type DeleteVectorsParams,
  type DescribeIndexParams,
  type IndexStats,
  MastraVector,
  type QueryResult,
  type QueryVectorParams,
  type UpdateVectorParams,
  type UpsertVectorParams,
} from "@mastra/core/vector";
import { type AkiDbVectorFilter, filterFromMastra } from "./filterFromMastra.ts";
import { updateDocuments } from "./updateDocuments.ts";

export interface AkiDbVectorOptions {
  /** Among the vector stores of a Mastra. */
  readonly id: string;
  /** What `open()` or `connect()` gave; it stays the caller's to close. */
  readonly db: AkiDb;
}

type MastraMetric = NonNullable<IndexStats["metric"]>;

const metricOf = { cosine: "cosine", euclidean: "l2", dotproduct: "dot" } as const satisfies Record<
  MastraMetric,
  Metric
>;
const mastraMetricOf = { cosine: "cosine", l2: "euclidean", dot: "dotproduct" } as const satisfies Record<
  Metric,
  MastraMetric
>;

/** AkiDB as a vector store of Mastra's: indexes are collections, ids external ids, scores those of the metric. */
export class AkiDbVector extends MastraVector<AkiDbVectorFilter> {
  readonly #db: AkiDb;

  constructor({ id, db }: AkiDbVectorOptions) {
    super({ id });
    this.#db = db;
  }

  /** Leaves an index of that name and dimension as it is; rejects where it has another dimension. */
  async createIndex({ indexName, dimension, metric = "cosine" }: CreateIndexParams): Promise<void> {
    if (!Object.hasOwn(metricOf, metric)) {
      throw invalidArgument("metric", `must be one of ${Object.keys(metricOf).join(", ")}`);
    }
    try {
      await this.#db.createCollection({ name: indexName, dimension, metric: metricOf[metric] });
    } catch (error) {
      if (!isAkiDbError(error) || error.code !== "already_exists") throw error;
      await this.validateExistingIndex(indexName, dimension, metric);
    }
  }

  async listIndexes(): Promise<string[]> {
    const names: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await this.#db.listCollections({
        limit: limits.pageSizeMax,
        ...(cursor !== undefined && { cursor }),
      });
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
      if (cursor === undefined) return names;
    }
  }

  async describeIndex({ indexName }: DescribeIndexParams): Promise<IndexStats> {
    const { dimension, documentCount, metric } = await this.#db.getCollection(indexName);
    return { dimension, count: documentCount, metric: mastraMetricOf[metric] };
  }

  async deleteIndex({ indexName }: DeleteIndexParams): Promise<void> {
    await this.#db.deleteCollection(indexName);
  }

  /**
   * With `deleteFilter`, what passed it before goes once the new vectors are written. The two are not one transaction: a call
   * that is cut off may leave both, and done again it leaves the new ones alone.
   */
  async upsert({
    indexName,
    vectors,
    metadata,
    ids,
    sparseVectors,
    deleteFilter,
  }: UpsertVectorParams<AkiDbVectorFilter>): Promise<string[]> {
    if (!Array.isArray(vectors)) throw invalidArgument("vectors", "must be a list of vectors");
    if (sparseVectors !== undefined) throw invalidArgument("sparseVectors", "there are none in AkiDB");
    if (metadata !== undefined) checkCount("metadata", metadata.length, vectors.length);
    if (ids !== undefined) checkCount("ids", ids.length, vectors.length);
    const documents = vectors.map((vector, index): DocumentInput => {
      const externalId = ids?.[index];
      return {
        ...(externalId !== undefined && { externalId }),
        vector,
        metadata: metadataAsJson(metadata?.[index], `metadata[${index}]`),
      };
    });
    const collection = this.#collection(indexName);
    const replaced = await idsOf(collection, filterFromMastra(deleteFilter));
    const written = await upsertInBatches(collection, documents);
    const kept = new Set(written);
    await deleteIds(
      collection,
      replaced.filter((id) => !kept.has(id)),
    );
    return written.map((id, index) => ids?.[index] ?? id);
  }

  /** Without a vector, the first that pass the filter, each with a score of 0. */
  async query({
    indexName,
    queryVector,
    topK = 10,
    filter,
    includeVector = false,
    sparseVector,
  }: QueryVectorParams<AkiDbVectorFilter>): Promise<QueryResult[]> {
    if (sparseVector !== undefined) throw invalidArgument("sparseVector", "there are none in AkiDB");
    const collection = this.#collection(indexName);
    const translated = filterFromMastra(filter);
    const include = ["metadata", "text", ...(includeVector ? (["vector"] as const) : [])] as const;
    if (queryVector !== undefined) {
      const { matches } = await collection.query({
        vector: queryVector,
        topK,
        include,
        ...(translated !== undefined && { filter: translated }),
      });
      return matches.map(toResult);
    }
    if (translated === undefined) {
      throw invalidArgument("queryVector", "is missing, and there is no filter instead");
    }
    if (!Number.isInteger(topK) || topK < 1 || topK > limits.topKMax) {
      throw invalidArgument("topK", `must be a whole number from 1 to ${limits.topKMax}`);
    }
    const limit = Math.min(topK, limits.pageSizeMax);
    const results: QueryResult[] = [];
    for await (const document of collection.scroll({ filter: translated, include, limit })) {
      results.push(toResult({ ...document, score: 0 }));
      if (results.length === topK) break;
    }
    return results;
  }

  /** Metadata is merged into what there is, member by member (RFC 7396): null takes one away. */
  async updateVector(params: UpdateVectorParams<AkiDbVectorFilter>): Promise<void> {
    const collection = this.#collection(params.indexName);
    const filter = filterFromMastra(params.filter);
    if ((params.id === undefined) === (filter === undefined)) {
      throw invalidArgument("id", "there must be either an id or a filter with a condition");
    }
    const { vector, metadata } = params.update ?? {};
    if (vector === undefined && metadata === undefined) {
      throw invalidArgument("update", "must have a vector, metadata or both");
    }
    const ids = params.id === undefined ? await idsOf(collection, filter) : [params.id];
    await updateDocuments(
      collection,
      { ids, mayBeGone: params.id === undefined },
      {
        ...(vector !== undefined && { vector }),
        ...(metadata !== undefined && { metadata: metadataAsJson(metadata, "update.metadata") }),
      },
    );
  }

  /** One that is not there is passed over. */
  async deleteVector({ indexName, id }: DeleteVectorParams): Promise<void> {
    await this.#collection(indexName).deleteMany({ ids: [id] });
  }

  async deleteVectors({ indexName, ids, filter }: DeleteVectorsParams<AkiDbVectorFilter>): Promise<void> {
    const collection = this.#collection(indexName);
    const translated = filterFromMastra(filter);
    if ((ids === undefined) === (translated === undefined)) {
      throw invalidArgument("ids", "there must be either ids or a filter with a condition");
    }
    if (ids !== undefined) return deleteIds(collection, ids);
    await collection.deleteMany({ filter: translated! });
  }

  #collection(indexName: string): Collection {
    return this.#db.collection(indexName);
  }
}

/** None where there is no filter. */
async function idsOf(collection: Collection, filter: JsonObject | undefined): Promise<readonly string[]> {
  const ids: string[] = [];
  if (filter === undefined) return ids;
  for await (const { id } of collection.scroll({ filter, include: [], limit: limits.pageSizeMax }))
    ids.push(id);
  return ids;
}

async function deleteIds(collection: Collection, ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += limits.batchDocumentsMax) {
    await collection.deleteMany({ ids: ids.slice(from, from + limits.batchDocumentsMax) });
  }
}

const toResult = ({
  id,
  externalId,
  score,
  metadata,
  text,
  vector,
}: Pick<Match, "id" | "externalId" | "score" | "metadata" | "text" | "vector">): QueryResult => ({
  id: externalId ?? id,
  score,
  ...(metadata !== undefined && { metadata }),
  ...(text !== undefined && { document: text }),
  ...(vector !== undefined && { vector: Array.from(vector) }),
});

function checkCount(path: string, count: number, vectorCount: number): void {
  if (count !== vectorCount) {
    throw invalidArgument(path, `has ${count} elements, and there are ${vectorCount} vectors`);
  }
}
