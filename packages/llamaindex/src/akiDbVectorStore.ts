import {
  type AkiDb,
  type Collection,
  type DocumentInput,
  invalidArgument,
  type JsonObject,
  type Match,
  type Metric,
  metadataAsJson,
  type QueryInput,
  upsertInto,
} from "@akidb/base";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import { type BaseNode, MetadataMode, TextNode } from "@llamaindex/core/schema";
import {
  BaseVectorStore,
  metadataDictToNode,
  nodeToMetadata,
  type VectorStoreQuery,
  type VectorStoreQueryResult,
} from "@llamaindex/core/vector-store";
import { filterFromLlamaIndex } from "./filterFromLlamaIndex.ts";

export interface AkiDbVectorStoreOptions {
  /** What `open()` or `connect()` gave; it stays the caller's to close. */
  readonly db: AkiDb;
  /** By name or id. The first write makes one of that name where there is none. */
  readonly collection: string;
  /** Of a collection that is made; cosine if absent. */
  readonly metric?: Metric;
  /** LlamaIndex's `Settings.embedModel` if absent. */
  readonly embedModel?: BaseEmbedding;
}

/**
 * A collection of AkiDB as LlamaIndex's vector store. Nodes are kept as LlamaIndex's other stores keep them, in Python, too:
 * what is not text or vector in `_node_content` of the metadata, the document that they are from in `ref_doc_id`. Contents
 * are texts of AkiDB's, so that full-text and hybrid queries find them.
 */
export class AkiDbVectorStore extends BaseVectorStore<AkiDb> {
  readonly storesText = true;
  readonly #db: AkiDb;
  readonly #collection: string;
  readonly #metric: Metric | undefined;

  constructor({ db, collection, metric, embedModel }: AkiDbVectorStoreOptions) {
    super({ embedModel });
    this.#db = db;
    this.#collection = collection;
    this.#metric = metric;
  }

  client(): AkiDb {
    return this.#db;
  }

  /** @param nodes with their embeddings */
  async add(nodes: BaseNode[]): Promise<string[]> {
    const documents = nodes.map((node, index): DocumentInput & { readonly vector: number[] } => {
      const { embedding } = node;
      if (embedding === undefined) {
        throw invalidArgument(
          `nodes[${index}].embedding`,
          "is missing; embed the nodes before they are added",
        );
      }
      return {
        externalId: node.id_,
        vector: embedding,
        text: node.getContent(MetadataMode.NONE),
        metadata: metadataAsJson(nodeToMetadata(node, true), `nodes[${index}].metadata`),
      };
    });
    const [first] = documents;
    if (first === undefined) return [];
    const collection = {
      name: this.#collection,
      dimension: first.vector.length,
      ...(this.#metric !== undefined && { metric: this.#metric }),
    };
    await upsertInto({ db: this.#db, collection }, documents);
    return nodes.map(({ id_ }) => id_);
  }

  /** @param refDocId of the document whose nodes go */
  async delete(refDocId: string): Promise<void> {
    await this.#documents().deleteMany({ filter: { ref_doc_id: refDocId } });
  }

  /** Modes are `default`, `sparse` (the full text) and `hybrid` (both); others are refused. */
  async query(query: VectorStoreQuery): Promise<VectorStoreQueryResult> {
    const filter = filterOf(query);
    const { matches } = await this.#documents().query({
      ...searchOf(query),
      topK: query.similarityTopK,
      include: ["metadata", "text"],
      ...(filter !== undefined && { filter }),
    });
    return {
      nodes: matches.map(toNode),
      similarities: matches.map(({ score }) => score),
      ids: matches.map(({ id, externalId }) => externalId ?? id),
    };
  }

  #documents(): Collection {
    return this.#db.collection(this.#collection);
  }
}

function searchOf({ mode, queryEmbedding, queryStr, alpha }: VectorStoreQuery): QueryInput {
  switch (mode as `${typeof mode}` | undefined) {
    case undefined:
    case "default":
      return { vector: required("queryEmbedding", queryEmbedding) };
    case "sparse":
      return { fullText: plainWords(required("queryStr", queryStr)) };
    case "hybrid":
      return {
        vector: required("queryEmbedding", queryEmbedding),
        hybrid: {
          text: plainWords(required("queryStr", queryStr)),
          // LlamaIndex's alpha is the share of the vectors, as AkiDB's weight is.
          ...(alpha !== undefined && { fusion: "weighted", weight: alpha }),
        },
      };
    default:
      throw invalidArgument("mode", `"${mode}" is not there; there are default, sparse, hybrid`);
  }
}

/** A question's words; what it has of quotes, brackets and the words AND, OR and NOT is no operator of the full text's. */
const plainWords = (text: string): string =>
  (text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? []).join(" ").toLowerCase();

function required<T>(path: string, value: T | undefined): T {
  if (value === undefined) throw invalidArgument(path, "is missing");
  return value;
}

function filterOf({ filters, docIds }: VectorStoreQuery): JsonObject | undefined {
  const byMetadata = filterFromLlamaIndex(filters);
  if (docIds === undefined) return byMetadata;
  const byDocument = { doc_id: { $in: docIds } };
  return byMetadata === undefined ? byDocument : { $and: [byMetadata, byDocument] };
}

/** A document that another program has written has no node in its metadata, and becomes a text node. */
function toNode({ id, externalId, text = "", metadata = {} }: Match): BaseNode {
  const isOfNode = metadata["_node_content"] !== undefined;
  const node = isOfNode ? metadataDictToNode(metadata) : new TextNode({ id_: externalId ?? id, metadata });
  node.setContent(text);
  return node;
}
