import { type DocumentId, idFromBytes, limits } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { ResolvedDocument } from "../../collection/mutation.ts";
import type { DocumentFile } from "../../documents/documentFile.ts";
import { decodeDocument, decodeState } from "./documentRow.ts";
import { prepareReadState, prepareScan } from "./documentStatements.ts";

/** Places where reading fails before the rest is given up: each costs some microseconds. */
const failuresMax = 200_000;

const batchCharactersMax = limits.textBytesMax * 4;

export interface Salvage {
  readonly salvagedCount: number;
  readonly appliedLsn: number | undefined;
}

/**
 * Copies every document of a damaged file that can be read and passes its checksum into an empty one, which stays at
 * LSN 0. Of two with the same id or external id the one written later is kept.
 */
export async function salvageDocuments(path: string, target: DocumentFile): Promise<Salvage> {
  let source: Database | undefined;
  try {
    source = new Sqlite(path, { readonly: true, fileMustExist: true });
    const state = attempt(() => decodeState(prepareReadState(source!).get()));
    let batch = new Map<DocumentId, ResolvedDocument>();
    let characters = 0;
    const write = async () => {
      await target.write(batch, 0);
      batch = new Map();
      characters = 0;
    };
    const kept = latestByExternalId(source, state?.nextKey);
    for (const document of readableDocuments(source, state?.nextKey)) {
      if (document.externalId !== undefined && kept.get(document.externalId) !== document.id) continue;
      batch.set(document.id, document);
      characters += (document.text?.length ?? 0) + (document.metadata?.length ?? 0) + 100;
      if (characters > batchCharactersMax) await write();
    }
    await write();
    return { salvagedCount: target.count, appliedLsn: state?.appliedLsn };
  } catch (error) {
    // Nothing of it can be read at all.
    if (!(error instanceof Sqlite.SqliteError)) throw error;
    return { salvagedCount: target.count, appliedLsn: undefined };
  } finally {
    source?.close();
  }
}

/** Where a damaged index let a row stay that should have gone, its external id may belong to another by now. */
function latestByExternalId(source: Database, nextKey: number | undefined): ReadonlyMap<string, DocumentId> {
  const latest = new Map<string, DocumentId>();
  for (const { id, externalId } of readableDocuments(source, nextKey)) {
    if (externalId !== undefined) latest.set(externalId, id);
  }
  return latest;
}

/** By key. Where a page cannot be read, the range of keys is halved until what is behind it can. */
function* readableDocuments(source: Database, nextKey: number | undefined): Generator<ResolvedDocument> {
  const scan = attempt(() => prepareScan(source));
  if (scan === undefined) return;
  const lastKey = nextKey ?? attempt(() => lastKeyOf(source)) ?? 2 ** 32;
  const ranges: [from: number, to: number][] = [[0, lastKey]];
  let failures = 0;
  for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
    let [from, to] = range;
    try {
      for (const [id, ...columns] of scan.iterate(from, to)) {
        const key = columns[0];
        if (typeof key === "number") from = Math.max(from, key + 1);
        if (!(id instanceof Uint8Array) || id.length !== 16) continue;
        const document = decodeDocument(idFromBytes<"document">(id), columns);
        if (document !== undefined) yield document;
      }
    } catch (error) {
      if (!(error instanceof Sqlite.SqliteError)) throw error;
      failures += 1;
      if (failures > failuresMax) return;
      if (from >= to) continue;
      const middle = Math.floor((from + to) / 2);
      ranges.push([middle + 1, to], [from, middle]);
    }
  }
}

const lastKeyOf = (source: Database): number | undefined =>
  source.prepare<[], number>("select max(key) from documents").pluck().get();

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) return undefined;
    throw error;
  }
}
