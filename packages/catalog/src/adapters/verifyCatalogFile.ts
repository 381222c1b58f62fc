import { existsSync, rmSync } from "node:fs";
import { type CollectionId, idFromBytes, isAkiDbError } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { DamagedRow } from "../sqlite/checksummedRows.ts";
import { examineCatalog } from "../sqlite/examineCatalog.ts";
import { schemaVersion } from "../sqlite/migrator.ts";
import { translateOpenError } from "../sqlite/translateOpenError.ts";

export interface CatalogFileVerification {
  readonly path: string;
  /** It is open elsewhere. */
  readonly isLive: boolean;
}

export interface VerifiedCatalogFile {
  /** Of the file as a whole. */
  readonly problems: readonly string[];
  readonly damagedRows: readonly DamagedRow[];
  /** Of indexes alone, in SQLite's words. */
  readonly indexProblems: readonly string[];
  /** Those that can be read. */
  readonly collections: readonly {
    readonly id: CollectionId;
    readonly name: string;
    /** Of its files. */
    readonly generation: number;
    /** They are in the object store. */
    readonly isCold: boolean;
  }[];
}

const nothingElse = { damagedRows: [], indexProblems: [], collections: [] };

/**
 * Looks at every page and row of the catalog through a connection that cannot write.
 *
 * @throws AkiDbError `unavailable` where it is busy
 */
export function verifyCatalogFile({ path, isLive }: CatalogFileVerification): VerifiedCatalogFile {
  if (!existsSync(path)) return { problems: ["is missing"], ...nothingElse };
  const made = ["-wal", "-shm"].map((suffix) => path + suffix).filter((name) => !existsSync(name));
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    const { structure, damagedRows, indexes } = examineCatalog(database);
    const problems = structure.map((problem) => `SQLite says "${problem}"`);
    // Before that version there were no others.
    const generation = schemaVersion(database) >= 7 ? "generation" : "0";
    const cold =
      schemaVersion(database) >= 4
        ? "collection_id in (select collection_id from collection_tiers where tier = 'cold')"
        : "0";
    const query = `select collection_id, name, ${generation}, ${cold} from collections order by collection_id`;
    const rows = database.prepare(query).raw();
    const collections = (rows.all() as [Uint8Array, string, number, number][]).map(
      ([bytes, name, files, isCold]) => ({
        id: idFromBytes<"collection">(bytes),
        name,
        generation: files,
        isCold: isCold === 1,
      }),
    );
    return { problems, damagedRows, indexProblems: indexes, collections };
  } catch (error) {
    const translated = translateOpenError(error, "catalog.db");
    if (isAkiDbError(translated) && translated.code === "unavailable") throw translated;
    return { problems: [(translated as Error).message], ...nothingElse };
  } finally {
    database?.close();
    // What SQLite makes to read a file is of no use any more.
    if (!isLive) for (const name of made) rmSync(name, { force: true });
  }
}
