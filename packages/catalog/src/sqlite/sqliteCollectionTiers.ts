import { type CollectionId, idFromBytes, idToBytes, notFound } from "@akidb/base";
import type { Selectable } from "kysely";
import { checkCollectionTier } from "../checkCollectionTier.ts";
import type {
  CollectionTierAttributes,
  CollectionTierRecord,
  CollectionTierRepository,
} from "../collectionTier.ts";
import { overlay } from "../overlay.ts";
import { checkPageRequest } from "../pageCursor.ts";
import type { CollectionTierTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

export function sqliteCollectionTiers(
  session: SqliteSession,
  { clock }: RowSources,
): CollectionTierRepository {
  return {
    get: (collectionId) => getCollectionTier(session, collectionId),

    async list({ tier, ...page } = {}) {
      const { limit, after } = checkPageRequest(page);
      const rows = await session.run((db) =>
        db
          .selectFrom("collection_tiers")
          .selectAll()
          .$if(tier !== undefined, (query) => query.where("tier", "=", tier!))
          .$if(after !== undefined, (query) => query.where("collection_id", ">", idToBytes(after!)))
          .orderBy("collection_id")
          .limit(limit + 1)
          .execute(),
      );
      const idOf = ({ collection_id }: { readonly collection_id: Uint8Array }) => collection_id;
      return cutPage({ table: "collection_tiers", rows, limit, idOf, toRecord });
    },

    update: (collectionId, changes) =>
      session.atomically(async (within) => {
        const current = await getCollectionTier(within, collectionId);
        const tier = overlay<CollectionTierAttributes>(current, changes);
        checkCollectionTier(tier);
        const columns = { ...toColumns(tier), updated_at: timeOfChange(clock, current.updatedAt) };
        return toRecord(
          await within.run((db) =>
            db
              .updateTable("collection_tiers")
              .set(columns)
              .where("collection_id", "=", idToBytes(collectionId))
              .returningAll()
              .executeTakeFirstOrThrow(),
          ),
        );
      }),
  };
}

async function getCollectionTier(session: SqliteSession, id: CollectionId): Promise<CollectionTierRecord> {
  const row = requireWhole(
    "collection_tiers",
    await session.run((db) =>
      db
        .selectFrom("collection_tiers")
        .selectAll()
        .where("collection_id", "=", idToBytes(id))
        .executeTakeFirst(),
    ),
  );
  if (row === undefined) throw notFound(`collection "${id}"`);
  return toRecord(row);
}

const toColumns = (tier: CollectionTierAttributes) => ({
  tier: tier.tier,
  pinned: tier.pinned ? 1 : 0,
  access_count: tier.accessCount,
  access_window_start: tier.accessWindowStart,
  last_accessed_at: tier.lastAccessedAt,
  snapshot_id: tier.snapshotId === null ? null : idToBytes(tier.snapshotId),
  warm_path: tier.warmPath,
});

const toRecord = (row: Selectable<CollectionTierTable>): CollectionTierRecord => ({
  collectionId: idFromBytes(row.collection_id),
  tier: row.tier,
  pinned: row.pinned === 1,
  accessCount: row.access_count,
  accessWindowStart: row.access_window_start,
  lastAccessedAt: row.last_accessed_at,
  snapshotId: row.snapshot_id === null ? null : idFromBytes(row.snapshot_id),
  warmPath: row.warm_path,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
