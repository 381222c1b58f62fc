import {
  type CollectionId,
  type DatabaseId,
  formatTimestamp,
  idFromBytes,
  idToBytes,
  type JsonObject,
  notFound,
} from "@akidb/base";
import type { Selectable } from "kysely";
import { checkCollection } from "../checkCollection.ts";
import type {
  CollectionAttributes,
  CollectionRecord,
  CollectionRepository,
  CollectionShape,
} from "../collection.ts";
import { overlay } from "../overlay.ts";
import { checkPageRequest } from "../pageCursor.ts";
import type { CollectionTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

type CollectionFields = CollectionShape & CollectionAttributes;

const defaults = {
  metric: "cosine",
  embeddingModel: null,
  modelFingerprint: null,
  hnswM: 32,
  hnswEfConstruction: 200,
  maxDocumentCount: 50_000_000,
  tieringPolicy: "memory",
  replicaFactor: 1,
  walRetentionSeconds: 604_800,
  syncPolicy: "continuous",
  quantization: "int8",
  payloadIndexes: {},
  textLanguage: "none",
} as const;

export function sqliteCollections(session: SqliteSession, { clock, ids }: RowSources): CollectionRepository {
  return {
    async create(databaseId, input) {
      const { name, dimension } = input;
      const collection = overlay<CollectionFields>({ ...defaults, name, dimension }, input);
      checkCollection(collection);
      const now = formatTimestamp(clock.nowMs());
      const row = {
        collection_id: idToBytes(input.id ?? ids.next()),
        database_id: idToBytes(databaseId),
        ...shapeColumns(collection),
        ...collectionColumns(collection),
        created_at: now,
        updated_at: now,
      };
      return toCollection(
        await session.run(
          (db) => db.insertInto("collections").values(row).returningAll().executeTakeFirstOrThrow(),
          { noun: "collection", fields: collection, parent: `database "${databaseId}"` },
        ),
      );
    },

    get: (id) => getCollection(session, id),

    async findByName(databaseId, name) {
      const row = requireWhole(
        "collections",
        await session.run((db) =>
          db
            .selectFrom("collections")
            .selectAll()
            .where("database_id", "=", idToBytes(databaseId))
            .where("name", "=", name)
            .executeTakeFirst(),
        ),
      );
      return row && toCollection(row);
    },

    async list(databaseId, page = {}) {
      const { limit, after } = checkPageRequest(page);
      const rows = await session.run((db) =>
        db
          .selectFrom("collections")
          .selectAll()
          .$if(databaseId !== "all", (query) =>
            query.where("database_id", "=", idToBytes(databaseId as DatabaseId)),
          )
          .$if(after !== undefined, (query) => query.where("collection_id", ">", idToBytes(after!)))
          .orderBy("collection_id")
          .limit(limit + 1)
          .execute(),
      );
      return cutPage({
        table: "collections",
        rows,
        limit,
        idOf: ({ collection_id }) => collection_id,
        toRecord: toCollection,
      });
    },

    update: (id, changes) =>
      session.atomically(async (within) => {
        const current = await getCollection(within, id);
        const collection = overlay<CollectionFields>(current, changes);
        checkCollection(collection);
        const columns = {
          ...collectionColumns(collection),
          updated_at: timeOfChange(clock, current.updatedAt),
        };
        return toCollection(
          await within.run(
            (db) =>
              db
                .updateTable("collections")
                .set(columns)
                .where("collection_id", "=", idToBytes(id))
                .returningAll()
                .executeTakeFirstOrThrow(),
            { noun: "collection", fields: collection },
          ),
        );
      }),

    async delete(id) {
      const { numDeletedRows } = await session.run((db) =>
        db.deleteFrom("collections").where("collection_id", "=", idToBytes(id)).executeTakeFirstOrThrow(),
      );
      if (numDeletedRows === 0n) throw notFound(`collection "${id}"`);
    },
  };
}

export async function getCollection(session: SqliteSession, id: CollectionId): Promise<CollectionRecord> {
  const row = requireWhole(
    "collections",
    await session.run((db) =>
      db.selectFrom("collections").selectAll().where("collection_id", "=", idToBytes(id)).executeTakeFirst(),
    ),
  );
  if (row === undefined) throw notFound(`collection "${id}"`);
  return toCollection(row);
}

export const shapeColumns = (shape: CollectionShape) => ({
  dimension: shape.dimension,
  metric: shape.metric,
  hnsw_m: shape.hnswM,
  hnsw_ef_construction: shape.hnswEfConstruction,
  quantization: shape.quantization,
});

export const collectionColumns = (collection: CollectionAttributes) => ({
  name: collection.name,
  embedding_model: collection.embeddingModel,
  max_doc_count: collection.maxDocumentCount,
  tiering_policy: collection.tieringPolicy,
  replica_factor: collection.replicaFactor,
  wal_retention_seconds: collection.walRetentionSeconds,
  sync_policy: collection.syncPolicy,
  payload_indexes: JSON.stringify(collection.payloadIndexes),
  text_language: collection.textLanguage,
  model_fingerprint: collection.modelFingerprint,
});

export const toCollection = (row: Selectable<CollectionTable>): CollectionRecord => ({
  id: idFromBytes(row.collection_id),
  databaseId: idFromBytes(row.database_id),
  name: row.name,
  dimension: row.dimension,
  metric: row.metric,
  embeddingModel: row.embedding_model,
  modelFingerprint: row.model_fingerprint,
  hnswM: row.hnsw_m,
  hnswEfConstruction: row.hnsw_ef_construction,
  maxDocumentCount: row.max_doc_count,
  tieringPolicy: row.tiering_policy,
  replicaFactor: row.replica_factor,
  walRetentionSeconds: row.wal_retention_seconds,
  syncPolicy: row.sync_policy,
  quantization: row.quantization,
  payloadIndexes: JSON.parse(row.payload_indexes) as JsonObject,
  textLanguage: row.text_language,
  generation: row.generation,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
