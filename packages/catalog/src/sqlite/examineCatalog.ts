import type { Database } from "better-sqlite3";
import { type DamagedRow, findDamagedRows } from "./checksummedRows.ts";
import { latestVersion, readSchema, schemaOfVersion, schemaVersion } from "./migrator.ts";
import { schemaFingerprint, schemaFingerprints, textOfPart } from "./schemaFingerprints.ts";

export interface CatalogFindings {
  /** Of the file itself: nothing in it can be relied on. In SQLite's words. */
  readonly structure: readonly string[];
  readonly damagedRows: readonly DamagedRow[];
  /** Of indexes that do not fit their tables though every row is whole: they can be built anew. */
  readonly indexes: readonly string[];
}

/** Messages of SQLite. */
const problemsMax = 100;

/** What an index says of a damaged row, or a row of itself, does not fit either. */
const ofIndex = /(missing from index|in index) /;
const ofValue = /^(CHECK constraint failed|(NULL|NUMERIC|TEXT|non-\w+) value) in /;

function schemaProblems(database: Database): readonly string[] {
  const version = schemaVersion(database);
  if (version > latestVersion) return [`it has schema version ${version}, which this version does not know`];
  const found = readSchema(database);
  if (schemaFingerprint(found) === schemaFingerprints[version - 1]) return [];
  const expected = schemaOfVersion(version);
  const texts = new Set(expected.map(textOfPart));
  const strange = found.filter((part) => !texts.has(textOfPart(part)));
  if (strange.length === 0 && found.length === expected.length) return [];
  return [`its schema is not what was written (${strange[0]?.name ?? "a part is missing"})`];
}

/**
 * Looks at every page and every row.
 *
 * @throws what SQLite throws where it cannot read the file at all
 */
export function examineCatalog(database: Database): CatalogFindings {
  const answers = database.pragma(`integrity_check(${problemsMax})`) as readonly {
    readonly integrity_check: string;
  }[];
  const problems = answers.map(({ integrity_check: answer }) => answer).filter((answer) => answer !== "ok");
  const isStructural = (problem: string): boolean => !ofIndex.test(problem) && !ofValue.test(problem);
  const structure = [...problems.filter(isStructural), ...schemaProblems(database)];
  if (structure.length > 0) return { structure, damagedRows: [], indexes: [] };
  const damagedRows = findDamagedRows(database);
  if (damagedRows.length > 0) return { structure, damagedRows, indexes: [] };
  // A value that cannot be, and that no checksum explains: rows of before they had any.
  const values = problems.filter((problem) => ofValue.test(problem));
  return { structure: values, damagedRows, indexes: problems.filter((problem) => ofIndex.test(problem)) };
}
