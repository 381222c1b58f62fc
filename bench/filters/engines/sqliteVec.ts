import { createRequire } from "node:module";
import { join } from "node:path";
import { dimension, type MnistRows } from "../mnistRows.ts";
import { type Engine, k } from "./engine.ts";
import { sqlConditions } from "./sqlConditions.ts";

interface SqliteVec {
  load(db: Database): void;
}

interface Database {
  prepare(sql: string): Statement;
  exec(sql: string): void;
  close(): void;
}

interface Statement {
  run(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): readonly { readonly rowid: number }[];
}

/** Looks at every row that passes: its metadata columns are filters of the scan. */
export async function makeSqliteVec(directory: string): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const Sqlite = require("better-sqlite3") as new (path: string) => Database;
  const db = new Sqlite(join(directory, "mnist.db"));
  (require("sqlite-vec") as SqliteVec).load(db);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;
    CREATE VIRTUAL TABLE mnist USING vec0(
      vector float[${dimension}] distance_metric=l2, label integer, number float, lat float, lon float)`);
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const bytesOf = (vector: Float32Array): Uint8Array =>
    new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  return {
    name: "sqlite-vec",
    load: async ({ vectors, fields }: MnistRows) => {
      const columns = "rowid, vector, label, number, lat, lon";
      const insert = db.prepare(`INSERT INTO mnist (${columns}) VALUES (?, ?, ?, ?, ?, ?)`);
      db.exec("BEGIN");
      for (const [row, vector] of vectors.entries()) {
        const { label, number, lat, lon } = fields[row]!;
        insert.run(BigInt(row), bytesOf(vector), BigInt(label), number, lat, lon);
      }
      db.exec("COMMIT");
    },
    search: async (vector, conditions) => {
      const where = conditions === undefined ? "" : ` AND ${sqlConditions(conditions, "!=")}`;
      const sql = `SELECT rowid FROM mnist WHERE vector MATCH ? AND k = ${k}${where} ORDER BY distance`;
      return prepared(sql)
        .all(bytesOf(vector))
        .map(({ rowid }) => rowid);
    },
    close: async () => db.close(),
  };
}
