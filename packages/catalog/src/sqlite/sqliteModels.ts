import { formatTimestamp, idFromBytes, idToBytes, notFound } from "@akidb/base";
import type { Selectable } from "kysely";
import { checkModel } from "../checkModel.ts";
import type { ModelAttributes, ModelRecord, ModelRepository } from "../model.ts";
import { checkPageRequest } from "../pageCursor.ts";
import type { ModelTable } from "./catalogTables.ts";
import { requireWhole } from "./checksummedRows.ts";
import { cutPage } from "./cutPage.ts";
import { type RowSources, timeOfChange } from "./rowSources.ts";
import type { SqliteSession } from "./sqliteSession.ts";

export function sqliteModels(session: SqliteSession, { clock, ids }: RowSources): ModelRepository {
  return {
    async register(model) {
      checkModel(model);
      return await session.atomically(async (within) => {
        const known = await findModel(within, model);
        if (known !== undefined) return isAsDescribed(known, model) ? known : change(within, known, model);
        const now = formatTimestamp(clock.nowMs());
        const row = {
          model_id: idToBytes(ids.next()),
          ...toColumns(model),
          created_at: now,
          updated_at: now,
        };
        return toRecord(
          await within.run((db) =>
            db.insertInto("models").values(row).returningAll().executeTakeFirstOrThrow(),
          ),
        );
      });
    },

    find: (model) => findModel(session, model),

    async get(id) {
      const row = requireWhole(
        "models",
        await session.run((db) =>
          db.selectFrom("models").selectAll().where("model_id", "=", idToBytes(id)).executeTakeFirst(),
        ),
      );
      if (row === undefined) throw notFound(`model "${id}"`);
      return toRecord(row);
    },

    async list(page = {}) {
      const { limit, after } = checkPageRequest(page);
      const rows = await session.run((db) =>
        db
          .selectFrom("models")
          .selectAll()
          .$if(after !== undefined, (query) => query.where("model_id", ">", idToBytes(after!)))
          .orderBy("model_id")
          .limit(limit + 1)
          .execute(),
      );
      return cutPage({ table: "models", rows, limit, idOf: ({ model_id }) => model_id, toRecord });
    },
  };

  async function change(within: SqliteSession, known: ModelRecord, model: ModelAttributes) {
    const columns = { ...toColumns(model), updated_at: timeOfChange(clock, known.updatedAt) };
    return toRecord(
      await within.run((db) =>
        db
          .updateTable("models")
          .set(columns)
          .where("model_id", "=", idToBytes(known.id))
          .returningAll()
          .executeTakeFirstOrThrow(),
      ),
    );
  }
}

async function findModel(
  session: SqliteSession,
  { name, fingerprint }: Pick<ModelAttributes, "name" | "fingerprint">,
): Promise<ModelRecord | undefined> {
  const row = requireWhole(
    "models",
    await session.run((db) =>
      db
        .selectFrom("models")
        .selectAll()
        .where("name", "=", name)
        .where("fingerprint", "=", fingerprint)
        .executeTakeFirst(),
    ),
  );
  return row && toRecord(row);
}

const isAsDescribed = (known: ModelRecord, model: ModelAttributes): boolean =>
  known.provider === model.provider &&
  known.dimension === model.dimension &&
  known.maxTokens === model.maxTokens;

const toColumns = (model: ModelAttributes) => ({
  name: model.name,
  provider: model.provider,
  dimension: model.dimension,
  max_tokens: model.maxTokens,
  fingerprint: model.fingerprint,
});

const toRecord = (row: Selectable<ModelTable>): ModelRecord => ({
  id: idFromBytes(row.model_id),
  name: row.name,
  provider: row.provider,
  dimension: row.dimension,
  maxTokens: row.max_tokens,
  fingerprint: row.fingerprint,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
