import { readSqliteLog } from "../adapters/sqlite/sqliteLog.ts";
import { verifyDocumentFile } from "../adapters/sqlite/verifyDocumentFile.ts";
import type { CollectionVerification, FoundProblem } from "./collectionVerification.ts";

const file = "documents.db";

export interface VerifiedDocuments {
  readonly kind: "absent" | "whole" | "damaged";
  /** Undefined where that much cannot be read. */
  readonly appliedLsn: number | undefined;
  readonly problems: readonly FoundProblem[];
  /** Of documents that are not what was written: the first few ids, and how many there are. */
  readonly damagedIds: readonly string[];
  readonly damagedCount: number;
  /** The documents may be whole all the same: it is made of them. */
  readonly textProblem: FoundProblem | undefined;
  /** SQLite's log lost frames, which it leaves out without a word: the file is whole, as of an older LSN. */
  readonly logProblem: FoundProblem | undefined;
}

/** The file of documents, page by page and row by row. */
export async function verifyDocuments({
  disk,
  directory,
  isLive,
  progress,
}: CollectionVerification): Promise<VerifiedDocuments> {
  const names = await disk.list(directory);
  if (!names.includes(file)) {
    return {
      kind: "absent",
      appliedLsn: undefined,
      problems: [],
      damagedIds: [],
      damagedCount: 0,
      textProblem: undefined,
      logProblem: undefined,
    };
  }
  const path = `${directory}/${file}`;
  const log = isLive ? undefined : await readSqliteLog(`${path}-wal`, progress.onRead);
  const found = await verifyDocumentFile({ path, isLive, onRead: progress.onRead });
  progress.onFile();
  const problems = found.problems.map((problem) => ({ file, problem }));
  if (names.includes(`${file}.suspect`) && problems.length === 0) {
    problems.push({ file, problem: "a document of it could not be read" });
  }
  return {
    kind: problems.length > 0 ? "damaged" : "whole",
    appliedLsn: found.appliedLsn,
    problems,
    damagedIds: found.damagedIds,
    damagedCount: found.damagedCount,
    textProblem: found.textProblem === undefined ? undefined : { file, problem: found.textProblem },
    logProblem:
      log?.damagedAt === undefined
        ? undefined
        : { file: `${file}-wal`, problem: `a frame at byte ${log.damagedAt} fails its checksum` },
  };
}
