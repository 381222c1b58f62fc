import Sqlite from "better-sqlite3";

/** The full text is not what was written; the documents know how to make it anew. */
export class TextIndexDamage extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`its full text is damaged: ${reason}`, options);
  }
}

/** What FTS5 says where its own tables cannot be what it wrote, beside the codes that say so. */
const faults = /no such table|vtable constructor failed|malformed|corrupt/i;

/** A statement that is known to be right failed at the full text: the damage, or what else it was. */
export function foundTextDamage(error: unknown): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const isDamage =
    error.code.startsWith("SQLITE_CORRUPT") || (error.code === "SQLITE_ERROR" && faults.test(error.message));
  return isDamage ? new TextIndexDamage(`SQLite says "${error.message}"`, { cause: error }) : error;
}

/** Whether an answer of SQLite's own check is about the full text alone: its tables are named `texts…`. */
export const isOfTexts = (answer: string): boolean => /fts5/i.test(answer) && /\btexts\b/.test(answer);
