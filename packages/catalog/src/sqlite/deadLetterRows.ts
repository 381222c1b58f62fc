import {
  type DeadLetterId,
  type DeadLetterOperation,
  failedPrecondition,
  idFromBytes,
  idToBytes,
} from "@akidb/base";
import type { Database } from "better-sqlite3";
import type { StoredDeadLetter } from "../deadLetter.ts";
import { isWhole } from "./checksummedRows.ts";
import { checksumColumn, rowChecksum, rowSignature } from "./rowChecksum.ts";

/** "AkDL" */
const deadLetterApplicationId = 0x416b_444c;

/** Raised with every change of the table; a file of a newer one is refused. */
export const deadLetterSchemaVersion = 1;

const table = "dead_letters";

const schema = `
  create table ${table} (
    dead_letter_id blob primary key check (length(dead_letter_id) = 16),
    operation text not null,
    collection_id blob not null check (length(collection_id) = 16),
    collection text not null,
    object_key text not null,
    attempts integer not null,
    last_error text not null,
    -- Milliseconds since 1970 UTC.
    first_failed_at integer not null,
    last_failed_at integer not null,
    -- CRC32C of all other columns.
    ${checksumColumn} integer not null
  ) strict, without rowid;
`;

/** In their order in the table. */
const columns = [
  "dead_letter_id",
  "operation",
  "collection_id",
  "collection",
  "object_key",
  "attempts",
  "last_error",
  "first_failed_at",
  "last_failed_at",
] as const;

type Row = ReturnType<typeof toRow>;

const toRow = (letter: StoredDeadLetter) => ({
  dead_letter_id: idToBytes(letter.id),
  operation: letter.operation as string,
  collection_id: idToBytes(letter.collectionId),
  collection: letter.collection,
  object_key: letter.key,
  attempts: letter.attempts,
  last_error: letter.lastError,
  first_failed_at: letter.firstFailedAtMs,
  last_failed_at: letter.lastFailedAtMs,
});

const fromRow = (row: Row): StoredDeadLetter => ({
  id: idFromBytes<"dead letter">(row.dead_letter_id),
  operation: row.operation as DeadLetterOperation,
  collectionId: idFromBytes<"collection">(row.collection_id),
  collection: row.collection,
  key: row.object_key,
  attempts: row.attempts,
  lastError: row.last_error,
  firstFailedAtMs: row.first_failed_at,
  lastFailedAtMs: row.last_failed_at,
});

/**
 * Makes the table where there is none.
 *
 * @throws AkiDbError `failed_precondition` for a file that is another program's, or of a newer version
 */
export function prepareDeadLetterTable(database: Database, file: string): void {
  const isEmpty = database.prepare("select 1 from sqlite_schema").get() === undefined;
  if (isEmpty) {
    database.transaction(() => {
      database.exec(schema);
      database.pragma(`application_id = ${deadLetterApplicationId}`);
      database.pragma(`user_version = ${deadLetterSchemaVersion}`);
    })();
    return;
  }
  checkDeadLetterTable(database, file);
}

/** @throws AkiDbError `failed_precondition` for a file that is another program's, or of a newer version */
export function checkDeadLetterTable(database: Database, file: string): void {
  const applicationId = database.pragma("application_id", { simple: true }) as number;
  const version = database.pragma("user_version", { simple: true }) as number;
  if (applicationId !== deadLetterApplicationId) {
    throw failedPrecondition(`${file} is another program's SQLite database, not AkiDB's dead-letter queue`);
  }
  if (version > deadLetterSchemaVersion) {
    throw failedPrecondition(
      `${file} has schema version ${version}, and this version of AkiDB knows ${deadLetterSchemaVersion}: ` +
        "use the version that wrote it, or a newer one",
    );
  }
}

/** In the order of their noting. */
export function readDeadLetters(database: Database): {
  readonly letters: readonly StoredDeadLetter[];
  /** Rows that are not what was written. */
  readonly damagedCount: number;
} {
  const rows = database.prepare(`select * from ${table} order by dead_letter_id`).all() as Row[];
  const whole = rows.filter((row) => isWhole(table, row));
  return { letters: whole.map(fromRow), damagedCount: rows.length - whole.length };
}

export interface DeadLetterStatements {
  put(letter: StoredDeadLetter): void;
  remove(id: DeadLetterId): void;
  removeOthers(kept: readonly StoredDeadLetter[]): void;
}

export function prepareDeadLetterStatements(database: Database): DeadLetterStatements {
  const signature = rowSignature(table, columns);
  const insert = database.prepare(
    `insert or replace into ${table} (${columns.join(", ")}, ${checksumColumn})
     values (${columns.map(() => "?").join(", ")}, ?)`,
  );
  const remove = database.prepare(`delete from ${table} where dead_letter_id = ?`);
  return {
    put: (letter) => {
      const row = toRow(letter);
      const values = columns.map((column) => row[column]);
      insert.run(...values, rowChecksum(signature, values));
    },
    remove: (id) => void remove.run(idToBytes(id)),
    removeOthers: (kept) => {
      const ids = new Set(kept.map(({ id }) => Buffer.from(idToBytes(id)).toString("hex")));
      const all = database.prepare(`select dead_letter_id from ${table}`).pluck().all() as Uint8Array[];
      for (const id of all) if (!ids.has(Buffer.from(id).toString("hex"))) remove.run(id);
    },
  };
}
