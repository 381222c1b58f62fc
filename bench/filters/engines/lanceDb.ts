import { createRequire } from "node:module";
import type { MnistRows } from "../mnistRows.ts";
import { type Engine, k } from "./engine.ts";
import { sqlConditions } from "./sqlConditions.ts";

/** What is used of it; its types are there only where it is installed. */
interface LanceDb {
  connect(path: string): Promise<{
    createTable(name: string, rows: readonly object[]): Promise<Table>;
    close(): void;
  }>;
  readonly Index: {
    hnswSq(options: object): unknown;
    btree(): unknown;
  };
}

interface Table {
  add(rows: readonly object[]): Promise<unknown>;
  createIndex(column: string, options: { readonly config: unknown }): Promise<void>;
  waitForIndex(names: readonly string[], timeoutSeconds: number): Promise<void>;
  vectorSearch(vector: Float32Array): VectorQuery;
}

interface VectorQuery {
  limit(count: number): VectorQuery;
  ef(width: number): VectorQuery;
  nprobes(count: number): VectorQuery;
  refineFactor(factor: number): VectorQuery;
  select(columns: readonly string[]): VectorQuery;
  where(conditions: string): VectorQuery;
  toArray(): Promise<readonly { readonly id: number }[]>;
}

const batch = 5_000;

/** Its HNSW over bytes (M 32, ef 128, three times k ranked exactly) in one partition, and an index of every field. */
export async function makeLanceDb(directory: string): Promise<Engine> {
  const lance = createRequire(import.meta.url)("@lancedb/lancedb") as LanceDb;
  const db = await lance.connect(directory);
  let table: Table | undefined;
  return {
    name: "LanceDB",
    load: async ({ vectors, fields }: MnistRows) => {
      for (let from = 0; from < vectors.length; from += batch) {
        const rows = vectors
          .slice(from, from + batch)
          .map((vector, n) => ({ id: from + n, vector: Array.from(vector), ...fields[from + n]! }));
        if (table === undefined) table = await db.createTable("mnist", rows);
        else await table.add(rows);
      }
      const graph = { distanceType: "l2", numPartitions: 1, m: 32, efConstruction: 200 };
      await table!.createIndex("vector", { config: lance.Index.hnswSq(graph) });
      const scalars = ["label", "number", "lat", "lon"];
      for (const column of scalars) await table!.createIndex(column, { config: lance.Index.btree() });
      await table!.waitForIndex(
        ["vector", ...scalars].map((column) => `${column}_idx`),
        300,
      );
    },
    search: async (vector, conditions) => {
      const query = table!
        .vectorSearch(vector)
        .limit(k)
        .nprobes(1)
        .ef(128)
        .refineFactor(3)
        .select(["id", "_distance"]);
      const found = await (conditions === undefined
        ? query
        : query.where(sqlConditions(conditions))
      ).toArray();
      return found.map(({ id }) => Number(id));
    },
    close: async () => db.close(),
  };
}
