import type { FileDamage } from "@akidb/base";
import { parseCheckpointDirectoryName } from "../checkpoint/checkpointName.ts";
import type { LsnRange } from "../damagedFileError.ts";
import type { CollectionFindings, CollectionVerification, FoundProblem } from "./collectionVerification.ts";
import { type VerifiedCheckpoints, verifyCheckpoints } from "./verifyCheckpoints.ts";
import { type VerifiedDocuments, verifyDocuments } from "./verifyDocuments.ts";
import { type LogProblem, segmentsOf, type VerifiedLog, verifyLog } from "./verifyLog.ts";
import { type VerifiedSnapshots, verifySnapshots } from "./verifySnapshots.ts";

/** All that is known of a collection's files, to judge what a damaged one means. */
interface Evidence {
  readonly name: string;
  readonly snapshots: VerifiedSnapshots;
  readonly checkpoints: VerifiedCheckpoints;
  readonly documents: VerifiedDocuments;
  /** The first record that recovery needs. */
  readonly fromLsn: number;
  /** Undefined without a log. */
  readonly oldestLsn: number | undefined;
  readonly log: VerifiedLog;
}

/**
 * Reads every file of a collection and says what a damaged one means, in constant memory. Changes nothing.
 *
 * @throws AkiDbError `unavailable`, or the disk's own error, where something cannot be looked at
 */
export async function verifyCollectionFiles(
  verification: CollectionVerification,
): Promise<CollectionFindings> {
  const snapshots = await verifySnapshots(verification);
  if (verification.isAway === true)
    return { damages: snapshotDamages({ name: verification.name, snapshots }), putAside: [] };
  const checkpoints = await verifyCheckpoints(verification);
  const documents = await verifyDocuments(verification);
  const segments = await segmentsOf(verification);
  const oldestLsn = segments[0]?.firstLsn;
  const fromLsn = firstNeededLsn(checkpoints, documents, oldestLsn);
  const log = await verifyLog(verification, segments, fromLsn);
  const evidence = { name: verification.name, snapshots, checkpoints, documents, fromLsn, oldestLsn, log };
  return {
    damages: [
      ...logDamages(evidence),
      ...checkpointDamages(evidence),
      ...sparedDamages(evidence),
      ...documentDamages(evidence),
      ...snapshotDamages(evidence),
    ],
    putAside: await putAside(verification),
  };
}

/** As recovery finds it. */
function firstNeededLsn(
  { wholeLsn = 0 }: VerifiedCheckpoints,
  { kind, appliedLsn = 0 }: VerifiedDocuments,
  oldestLsn = 1,
): number {
  if (kind === "damaged") return Math.min(wholeLsn + 1, Math.max(1, oldestLsn));
  return Math.min(wholeLsn, appliedLsn) + 1;
}

function logDamages(evidence: Evidence): readonly FileDamage[] {
  const { oldestLsn, fromLsn, log, documents, checkpoints } = evidence;
  if (oldestLsn === undefined) return [lost(evidence, { file: "wal", problem: "has no segment" })];
  const damages = log.problems.map((problem) => logDamage(evidence, problem));
  if (oldestLsn > fromLsn) {
    const missing = { firstLsn: fromLsn, lastLsn: oldestLsn - 1 };
    damages.push(lost(evidence, { file: "wal", problem: `begins at LSN ${oldestLsn}` }, missing));
  }
  const known = Math.max(documents.appliedLsn ?? 0, checkpoints.wholeLsn ?? 0);
  if (log.lastLsn < known && log.problems.every(({ isNeeded }) => !isNeeded)) {
    const missing = { firstLsn: log.lastLsn + 1, lastLsn: known };
    damages.push(lost(evidence, { file: "wal", problem: `ends at LSN ${log.lastLsn}` }, missing));
  }
  return damages;
}

function logDamage(evidence: Evidence, { isNeeded, missing, ...problem }: LogProblem): FileDamage {
  if (isNeeded) return lost(evidence, problem, missing);
  return {
    ...problem,
    loss: "none",
    effect: `a checkpoint has what LSN ${missing!.firstLsn} to ${missing!.lastLsn} did`,
    remedy: "none is needed; the file leaves the log in time",
  };
}

function checkpointDamages(evidence: Evidence): readonly FileDamage[] {
  const { checkpoints, oldestLsn } = evidence;
  const { wholeLsn, problems } = checkpoints;
  return problems.map((problem) => {
    if (wholeLsn === undefined && oldestLsn !== 1) return lost(evidence, problem);
    const standIn = wholeLsn === undefined ? "the whole log is" : `the checkpoint at LSN ${wholeLsn} is`;
    return {
      ...problem,
      loss: "none",
      effect: `${standIn} there in its place`,
      remedy: "none is needed; the next checkpoints replace it",
    };
  });
}

const sparedDamages = ({ checkpoints }: Evidence): readonly FileDamage[] =>
  checkpoints.sparedProblems.map((problem) => ({
    ...problem,
    loss: "none",
    effect: "the indexes of metadata are made of the documents again; the rest of the checkpoint is whole",
    remedy: "none is needed; the next start that meets the file puts it aside",
  }));

function documentDamages(evidence: Evidence): readonly FileDamage[] {
  const { documents, oldestLsn, fromLsn } = evidence;
  const damages = documents.problems.map((problem) => documentDamage(evidence, problem));
  if (documents.kind === "absent" && oldestLsn !== undefined && oldestLsn > 1) {
    damages.push(lost(evidence, { file: "documents.db", problem: "is missing" }));
  }
  if (documents.textProblem !== undefined) {
    damages.push({
      ...documents.textProblem,
      loss: "none",
      effect: "searches of the full text may fail, or miss documents; the documents are not concerned",
      remedy:
        "a search that meets the damage makes the full text anew by itself; to have it made anew at the next start, " +
        "put an empty file documents.db.suspect beside it",
    });
  }
  if (documents.logProblem !== undefined) {
    damages.push({
      ...documents.logProblem,
      loss: "none",
      effect: `documents are as of LSN ${documents.appliedLsn ?? 0}; the log has the others from LSN ${fromLsn} on`,
      remedy: "none is needed; the next start writes them again",
    });
  }
  return damages;
}

function documentDamage(evidence: Evidence, problem: FoundProblem): FileDamage {
  const { documents, oldestLsn } = evidence;
  const remedy =
    "start the server: it puts the file aside and makes a new one of what can be read and of the log";
  if (oldestLsn === 1) {
    return { ...problem, loss: "none", effect: "the log has every document from the first one on", remedy };
  }
  const more = documents.damagedCount - documents.damagedIds.length;
  const ids = documents.damagedIds.join(", ") + (more > 0 ? ` and ${more} more` : "");
  const which = ids === "" ? "documents that cannot be read" : `documents ${ids}`;
  const effect = `${which} are lost unless the log has them, which begins at LSN ${oldestLsn ?? 0}`;
  return { ...problem, loss: "unknown", effect, remedy: `${remedy}; for the rest ${mend(evidence)}` };
}

function snapshotDamages({ snapshots, name }: Pick<Evidence, "snapshots" | "name">): readonly FileDamage[] {
  return snapshots.problems.map(({ snapshot, ...problem }) => ({
    ...problem,
    loss: "none",
    effect: `snapshot ${snapshot} cannot be restored; the collection does not need it`,
    remedy: `delete it, and create another: akidb snapshots delete ${name} ${snapshot}`,
  }));
}

/** Of something that recovery needs: it refuses the collection rather than serve it with a hole. */
function lost(evidence: Evidence, problem: FoundProblem, missing?: LsnRange): FileDamage {
  const range = missing === undefined ? "" : ` (LSN ${missing.firstLsn} to ${missing.lastLsn} are missing)`;
  return {
    ...problem,
    loss: "some",
    effect: `the collection is not served, which would have a hole${range}`,
    remedy: `put the file back from a copy, or ${mend(evidence)}`,
  };
}

const mend = ({ snapshots, name }: Evidence): string =>
  snapshots.whole === undefined
    ? "write the documents again: there is no whole snapshot"
    : `restore a snapshot: akidb snapshots restore ${name} ${snapshots.whole}`;

async function putAside({ disk, directory }: CollectionVerification): Promise<readonly string[]> {
  const own = await disk.list(directory);
  const checkpoints = await disk.list(`${directory}/checkpoint`);
  const entries = checkpoints.map((name) => `checkpoint/${name}`);
  for (const checkpoint of checkpoints) {
    if (parseCheckpointDirectoryName(checkpoint) === undefined) continue;
    const at = `checkpoint/${checkpoint}`;
    entries.push(...(await disk.list(`${directory}/${at}`)).map((name) => `${at}/${name}`));
  }
  return [...own, ...entries].filter((name) => /\.damaged(?:-\d+)?$/.test(name)).sort();
}
