import type { JsonObject } from "@akidb/base";
import { open } from "@akidb/database";
import type { Conditions } from "../cells.ts";
import { dimension, type MnistRows } from "../mnistRows.ts";
import { type Engine, k } from "./engine.ts";

const batch = 1_000;

/** With its defaults: M 32, ef_search 128, codes of a byte. */
export async function makeAkiDb(directory: string): Promise<Engine> {
  const db = await open({ path: directory, wal: { sync: "never" } });
  await db.createCollection({ name: "mnist", dimension, metric: "l2" });
  const collection = db.collection("mnist");
  return {
    name: "AkiDB",
    load: async ({ vectors, fields }: MnistRows) => {
      for (let from = 0; from < vectors.length; from += batch) {
        await collection.upsert(
          vectors.slice(from, from + batch).map((vector, n) => {
            const { label, number, lat, lon } = fields[from + n]!;
            return { externalId: String(from + n), vector, metadata: { label, number, at: { lat, lon } } };
          }),
        );
      }
      const isSmall = vectors.length <= 10_000;
      while (!isSmall && (await db.getCollection("mnist")).indexedCount < vectors.length) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    search: async (vector, conditions) => {
      const filter = conditions && filterOf(conditions);
      const query = { vector, topK: k, include: [], ...(filter !== undefined && { filter }) };
      const { matches } = await collection.query(query);
      return matches.map(({ externalId }) => Number(externalId));
    },
    close: () => db.close(),
  };
}

const filterOf = ({ numberBelow, label, labelNot, box }: Conditions): JsonObject => ({
  ...(numberBelow !== undefined && { number: { $lt: numberBelow } }),
  ...(label !== undefined && { label }),
  ...(labelNot !== undefined && { label: { $ne: labelNot } }),
  ...(box !== undefined && {
    at: {
      $geo_box: {
        top_left: { lat: box.lat, lon: -box.lon },
        bottom_right: { lat: -box.lat, lon: box.lon },
      },
    },
  }),
});
