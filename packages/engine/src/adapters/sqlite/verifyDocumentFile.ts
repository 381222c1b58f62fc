import { existsSync, rmSync, statSync } from "node:fs";
import { type DocumentId, idFromBytes } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import { DamagedFileError } from "../../damagedFileError.ts";
import { decodeDocument, decodeState } from "./documentRow.ts";
import { documentSchemaVersion, schemaVersionOf } from "./documentSchema.ts";
import { prepareReadState, prepareScanSlice } from "./documentStatements.ts";
import { isOfTexts } from "./textIndexDamage.ts";
import { translateDocumentError } from "./translateDocumentError.ts";
import { verifyTexts } from "./verifyTexts.ts";

/** Rows looked at within one reading of the file, so that who writes it can move its log in between. */
const rowsPerReading = 512;

/** Messages of SQLite, and ids of damaged documents. */
const namedMax = 10;

export interface DocumentFileVerification {
  readonly path: string;
  /** Of a file that is open elsewhere: SQLite's own check holds up its writer, so a large one is read by rows alone. */
  readonly isLive: boolean;
  readonly onRead: (bytes: number) => void;
}

export interface VerifiedDocumentFile {
  /** Empty where it is whole. */
  readonly problems: readonly string[];
  /** Of its full text, which is made of the documents. */
  readonly textProblem: string | undefined;
  /** Undefined where that much cannot be read. */
  readonly appliedLsn: number | undefined;
  readonly damagedCount: number;
  /** The first few of them. */
  readonly damagedIds: readonly DocumentId[];
}

/** SQLite checks a gigabyte a second. */
const liveCheckBytesMax = 256 * 1024 * 1024;

/**
 * Looks at every page and every row of a file of documents through a connection that cannot write.
 *
 * @throws AkiDbError `unavailable` where the machine does not let it
 */
export async function verifyDocumentFile(
  verification: DocumentFileVerification,
): Promise<VerifiedDocumentFile> {
  const { path, isLive } = verification;
  const made = ["-wal", "-shm"].map((suffix) => path + suffix).filter((name) => !existsSync(name));
  let database: Database | undefined;
  try {
    database = new Sqlite(path, { readonly: true, fileMustExist: true });
    return await verifyOpenFile(database, verification);
  } catch (error) {
    const damage = translateDocumentError(error, "documents.db");
    if (!(damage instanceof DamagedFileError)) throw damage;
    return {
      problems: [damage.reason],
      textProblem: undefined,
      appliedLsn: undefined,
      damagedCount: 0,
      damagedIds: [],
    };
  } finally {
    database?.close();
    // What SQLite makes to read a file is of no use any more.
    if (!isLive) for (const name of made) rmSync(name, { force: true });
  }
}

async function verifyOpenFile(
  database: Database,
  { path, isLive, onRead }: DocumentFileVerification,
): Promise<VerifiedDocumentFile> {
  const version = schemaVersionOf(database);
  if (version > documentSchemaVersion) {
    throw new DamagedFileError("documents.db", `has schema version ${version}, written by a newer AkiDB`);
  }
  const fileBytes = statSync(path).size;
  const problems: string[] = [];
  let textProblem: string | undefined;
  if (!isLive || fileBytes <= liveCheckBytesMax) {
    const answers = database.pragma(`integrity_check(${namedMax})`) as { readonly integrity_check: string }[];
    for (const { integrity_check: answer } of answers) {
      if (answer === "ok") continue;
      if (isOfTexts(answer)) textProblem ??= `its full text is damaged: SQLite says "${answer}"`;
      else problems.push(`SQLite says "${answer}"`);
    }
  }
  const state = decodeState(prepareReadState(database).get());
  if (state === undefined) problems.push("its state fails its checksum");
  const rows = await verifyRows(database);
  onRead(fileBytes);
  if (rows.damagedCount > 0) problems.push(`${rows.damagedCount} documents fail their checksum`);
  if (rows.failure !== undefined) problems.push(rows.failure);
  const isCountWrong =
    state !== undefined && rows.failure === undefined && rows.count !== state.documentCount;
  if (!isLive && isCountWrong) {
    problems.push(`has ${rows.count} documents, not ${state.documentCount}`);
  }
  // What is damaged cannot be read to compare it; and a comparison is of one moment, which would hold up who writes.
  if (!isLive && problems.length === 0) textProblem ??= await verifyTexts(database);
  return { problems, textProblem, appliedLsn: state?.appliedLsn, ...rows };
}

interface VerifiedRows {
  readonly count: number;
  readonly damagedCount: number;
  readonly damagedIds: readonly DocumentId[];
  readonly failure: string | undefined;
}

async function verifyRows(database: Database): Promise<VerifiedRows> {
  let count = 0;
  let damagedCount = 0;
  const damagedIds: DocumentId[] = [];
  try {
    const slice = prepareScanSlice(database, rowsPerReading);
    for (let after = 0, rows = slice.all(after); rows.length > 0; rows = slice.all(after)) {
      for (const [id, ...columns] of rows) {
        count += 1;
        const known = id instanceof Uint8Array && id.length === 16 ? idFromBytes<"document">(id) : undefined;
        if (known !== undefined && decodeDocument(known, columns) !== undefined) continue;
        damagedCount += 1;
        if (known !== undefined && damagedIds.length < namedMax) damagedIds.push(known);
      }
      after = rows.at(-1)![1] as number;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { count, damagedCount, damagedIds, failure: undefined };
  } catch (error) {
    const damage = translateDocumentError(error, "documents.db");
    if (!(damage instanceof DamagedFileError)) throw damage;
    return { count, damagedCount, damagedIds, failure: damage.reason };
  }
}
