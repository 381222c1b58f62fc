import {
  AkiDbError,
  type CollectionId,
  failedPrecondition,
  formatTimestamp,
  idFromBytes,
  idToBytes,
  notFound,
  type ReembeddingId,
} from "@akidb/base";
import type { Selectable } from "kysely";
import { checkGeneration, checkReembedding } from "../checkReembedding.ts";
import type { CollectionRecord } from "../collection.ts";
import { overlay } from "../overlay.ts";
import type {
  Generation,
  ReembeddingChanges,
  ReembeddingRecord,
  ReembeddingRepository,
} from "../reembedding.ts";
import type { ReembeddingTable } from "./catalogTables.ts";
import { isWhole, requireWhole } from "./checksummedRows.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import { getCollection, toCollection } from "./sqliteCollections.ts";
import type { SqliteSession } from "./sqliteSession.ts";

export function sqliteReembeddings(
  session: SqliteSession,
  { clock, ids }: RowSources,
): ReembeddingRepository {
  return {
    begin: ({ collectionId, to: given }) =>
      session.atomically(async (within) => {
        const collection = await getCollection(within, collectionId);
        const all = await rowsOf(within, collectionId);
        if (all.some(({ state }) => state === "copying" || state === "paused")) {
          throw new AkiDbError(
            "already_exists",
            `collection "${collection.name}" is being re-embedded already`,
          );
        }
        const used = all.flatMap(({ to, from }) => [to.generation, from.generation]);
        const to = { ...given, generation: given.generation ?? Math.max(collection.generation, ...used) + 1 };
        checkGeneration(to);
        const now = formatTimestamp(clock.nowMs());
        const row = {
          reembedding_id: idToBytes(ids.next()),
          collection_id: idToBytes(collectionId),
          state: "copying" as const,
          ...generationColumns(to),
          ...fromColumns(collection),
          created_at: now,
          updated_at: now,
        };
        return toRecord(
          await within.run((db) =>
            db.insertInto("reembeddings").values(row).returningAll().executeTakeFirstOrThrow(),
          ),
        );
      }),

    get: (id) => getReembedding(session, id),

    ofCollection: (collectionId) => rowsOf(session, collectionId),

    async all() {
      return wholeRecords(
        await session.run((db) =>
          db.selectFrom("reembeddings").selectAll().orderBy("reembedding_id").execute(),
        ),
      );
    },

    update: (id, changes) => session.atomically((within) => change(within, id, changes)),

    flip: (id, keepUntil) =>
      session.atomically(async (within) => {
        const { collectionId, from, to, state } = await getReembedding(within, id);
        const collection = await getCollection(within, collectionId);
        if (state !== "copying" || collection.generation !== from.generation) {
          throw failedPrecondition(`collection "${collection.name}" is not what is being re-embedded`);
        }
        await forgetKept(within, collectionId);
        await change(within, id, { state: "flipped", stateReason: null, keepUntil });
        return await becomeGeneration(within, collection, to);
      }),
  };

  async function change(
    within: SqliteSession,
    id: ReembeddingId,
    changes: Partial<ReembeddingChanges>,
  ): Promise<ReembeddingRecord> {
    const current = await getReembedding(within, id);
    const { state, stateReason, keepUntil } = overlay<ReembeddingChanges>(current, changes);
    checkReembedding({ state, stateReason, keepUntil });
    const columns = {
      state,
      state_reason: stateReason,
      keep_until: keepUntil,
      updated_at: timeOfChange(clock, current.updatedAt),
    };
    return toRecord(
      await within.run((db) =>
        db
          .updateTable("reembeddings")
          .set(columns)
          .where("reembedding_id", "=", idToBytes(id))
          .returningAll()
          .executeTakeFirstOrThrow(),
      ),
    );
  }

  /** One generation of before is kept, that which was served last. */
  async function forgetKept(within: SqliteSession, collectionId: CollectionId): Promise<void> {
    for (const { id, keepUntil } of await rowsOf(within, collectionId)) {
      if (keepUntil !== null) await change(within, id, { keepUntil: null });
    }
  }

  async function becomeGeneration(
    within: SqliteSession,
    { id, updatedAt }: CollectionRecord,
    { generation, dimension, embeddingModel, modelFingerprint }: Generation,
  ): Promise<CollectionRecord> {
    const columns = {
      generation,
      dimension,
      embedding_model: embeddingModel,
      model_fingerprint: modelFingerprint,
      updated_at: timeOfChange(clock, updatedAt),
    };
    return toCollection(
      await within.run((db) =>
        db
          .updateTable("collections")
          .set(columns)
          .where("collection_id", "=", idToBytes(id))
          .returningAll()
          .executeTakeFirstOrThrow(),
      ),
    );
  }
}

async function getReembedding(session: SqliteSession, id: ReembeddingId): Promise<ReembeddingRecord> {
  const row = requireWhole(
    "reembeddings",
    await session.run((db) =>
      db
        .selectFrom("reembeddings")
        .selectAll()
        .where("reembedding_id", "=", idToBytes(id))
        .executeTakeFirst(),
    ),
  );
  if (row === undefined) throw notFound(`re-embedding "${id}"`);
  return toRecord(row);
}

async function rowsOf(
  session: SqliteSession,
  collectionId: CollectionId,
): Promise<readonly ReembeddingRecord[]> {
  const rows = await session.run((db) =>
    db
      .selectFrom("reembeddings")
      .selectAll()
      .where("collection_id", "=", idToBytes(collectionId))
      .orderBy("reembedding_id")
      .execute(),
  );
  return wholeRecords(rows);
}

/** Of one that is damaged, whoever opens the catalog is told. */
const wholeRecords = (rows: readonly Selectable<ReembeddingTable>[]): readonly ReembeddingRecord[] =>
  rows.filter((row) => isWhole("reembeddings", row)).map(toRecord);

const generationColumns = ({ generation, dimension, embeddingModel, modelFingerprint }: Generation) => ({
  generation,
  dimension,
  embedding_model: embeddingModel,
  model_fingerprint: modelFingerprint,
});

const fromColumns = ({ generation, dimension, embeddingModel, modelFingerprint }: Generation) => ({
  from_generation: generation,
  from_dimension: dimension,
  from_embedding_model: embeddingModel,
  from_model_fingerprint: modelFingerprint,
});

const toRecord = (row: Selectable<ReembeddingTable>): ReembeddingRecord => ({
  id: idFromBytes(row.reembedding_id),
  collectionId: idFromBytes(row.collection_id),
  state: row.state,
  stateReason: row.state_reason,
  from: {
    generation: row.from_generation,
    dimension: row.from_dimension,
    embeddingModel: row.from_embedding_model,
    modelFingerprint: row.from_model_fingerprint,
  },
  to: {
    generation: row.generation,
    dimension: row.dimension,
    embeddingModel: row.embedding_model,
    modelFingerprint: row.model_fingerprint,
  },
  keepUntil: row.keep_until,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
