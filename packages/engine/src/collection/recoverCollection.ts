import { unavailable } from "@akidb/base";
import { openDocumentFile, suspectDocumentFile } from "../adapters/sqlite/openDocumentFile.ts";
import { Checkpoints, type StoredCheckpoint } from "../checkpoint/checkpoints.ts";
import { DamagedFileError } from "../damagedFileError.ts";
import type { DocumentFileDamage } from "../documents/documentFile.ts";
import { DocumentStore } from "../documents/documentStore.ts";
import { GrowingIndex } from "../index/growingIndex.ts";
import { InPlaceIndex, isForInPlace } from "../index/inPlaceIndex.ts";
import type { VectorIndex } from "../index/vectorIndex.ts";
import type { PayloadIndex } from "../payload/payloadIndex.ts";
import { PromotionNeededError } from "../promotionNeededError.ts";
import { makeHashKey, RowTable } from "../rows/rowTable.ts";
import { openWal, type WalRecovery } from "../wal/openWal.ts";
import type { WalRecord } from "../wal/recordFormat.ts";
import { parseSegmentFileName } from "../wal/segmentHeader.ts";
import type { WalWriter } from "../wal/walWriter.ts";
import { AppliedState } from "./appliedState.ts";
import { Compaction } from "./compaction.ts";
import { loadPayload } from "./loadPayload.ts";
import { unlimitedMemory } from "./memoryBudget.ts";
import { decodeMutation } from "./mutationRecord.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";
import { payloadOptions } from "./payloadOptions.ts";
import { loadRows } from "./rowsImage.ts";

export interface CollectionRecovery extends WalRecovery {
  /** Undefined where there was none to begin with. */
  readonly checkpointLsn: number | undefined;
  /** Newer ones that are not what was written, and were put aside. */
  readonly damagedCheckpoints: readonly DamagedFileError[];
  /** Of the checkpoint that was loaded; it was put aside, and the index is made of the documents again. */
  readonly damagedPayload: DamagedFileError | undefined;
  /** Undefined where the file of documents was whole. */
  readonly documents: DocumentRecovery | undefined;
}

export interface DocumentRecovery {
  readonly damage: DocumentFileDamage | undefined;
  /** Documents of which nothing was left, neither in the damaged file nor in the log: they are gone. */
  readonly lostCount: number;
}

/** All parts of a collection, as of the end of its log. */
export interface RecoveredCollection {
  readonly options: OpenCollectionOptions;
  readonly state: AppliedState;
  /** The state's index, where it is searched in place. */
  readonly inPlace: InPlaceIndex | undefined;
  readonly documents: DocumentStore;
  readonly checkpoints: Checkpoints;
  readonly wal: WalWriter;
  readonly recovery: CollectionRecovery;
}

/** Of rows whose documents were replaced or deleted; beyond it they are dropped. */
export const deadShareMax = 0.2;

export const walDirectory = (directory: string): string => `${directory}/wal`;

/**
 * The newest checkpoint that is whole, then the log from there on, or from where the documents' file is: each takes what
 * it lacks.
 *
 * @throws DamagedFileError where something acknowledged cannot be read back; PromotionNeededError where it was to be
 * searched in place, and recovery has to write; every file is left as it is then
 */
export async function recoverCollection(options: OpenCollectionOptions): Promise<RecoveredCollection> {
  const oldestLsn = await oldestLsnOfLog(options);
  const { disk, directory, textLanguage = "none", onDamage = () => {} } = options;
  const { file: sqliteFile, damage } = await openDocumentFile({
    disk,
    directory,
    textLanguage,
    onTextDamage: onDamage,
  });
  const file = options.documentWriter?.writing(sqliteFile) ?? sqliteFile;
  let log: WalWriter | undefined;
  const syncLog = async (lsn: number): Promise<void> => {
    // What is replayed was synced before.
    if (log !== undefined && log.durableLsn < lsn) await log.sync();
  };
  const documents = new DocumentStore({ file, syncLog });
  const checkpoints = new Checkpoints({ ...options, directory: `${options.directory}/checkpoint` });
  let state: AppliedState | undefined;
  let damagedPayload: DamagedFileError | undefined;
  try {
    const { loaded, damages } = await checkpoints.loadNewest((stored) =>
      loadState(options, documents, stored),
    );
    if (loaded === undefined) requireWholeLog(damages, oldestLsn);
    state = loaded?.state ?? emptyState(options, documents);
    damagedPayload = loaded?.damagedPayload;
    const replayed = state;
    const { wal, recovery } = await openWal({
      ...options,
      ...options.wal,
      directory: walDirectory(options.directory),
      fromLsn: firstLsnToReplay({ state, documents, damage, oldestLsn }),
      apply: (record) => replay(record, replayed, documents),
    });
    log = wal;
    requireCovered(replayed, documents, wal);
    const documentRecovery = await recoverDocuments(state, documents, damage);
    const inPlace = state.index instanceof InPlaceIndex ? state.index : undefined;
    if (inPlace === undefined) state = await withoutDeadRows(state, options, documents);
    await loadExpirations(state, options);
    await checkpoints.tidy();
    return {
      options,
      state,
      inPlace,
      documents,
      checkpoints,
      wal,
      recovery: {
        ...recovery,
        checkpointLsn: checkpoints.newest?.lsn,
        damagedCheckpoints: damages,
        damagedPayload,
        documents: documentRecovery,
      },
    };
  } catch (error) {
    await log?.close().catch(() => {});
    await state?.close();
    await documents.close();
    throw error;
  }
}

/** Of the same documents, without any rows. */
export function emptyCopy(
  { rows, appliedLsn }: AppliedState,
  options: OpenCollectionOptions,
  documents: DocumentStore,
): AppliedState {
  const { dimension, metric, graph } = options;
  const index = new GrowingIndex({ ...graph, dimension, metric });
  return stateOf(options, documents, { index, rows: new RowTable(rows.hashKey), appliedLsn });
}

function emptyState(options: OpenCollectionOptions, documents: DocumentStore): AppliedState {
  const { dimension, metric, graph } = options;
  const index = new GrowingIndex({ ...graph, dimension, metric });
  return stateOf(options, documents, { index, rows: new RowTable(makeHashKey(options.ids)), appliedLsn: 0 });
}

async function loadState(
  options: OpenCollectionOptions,
  documents: DocumentStore,
  stored: StoredCheckpoint,
): Promise<LoadedState> {
  const index = await loadIndex(options, stored);
  try {
    const rows = await loadRows(stored, index);
    const { payloadIndex, damage: damagedPayload } = await loadPayload(stored, payloadOptions(options));
    if (index instanceof InPlaceIndex && payloadIndex === undefined) {
      throw new PromotionNeededError("its checkpoint lacks the indexes of metadata");
    }
    const appliedLsn = stored.manifest.lsn;
    return { state: stateOf(options, documents, { index, rows, appliedLsn, payloadIndex }), damagedPayload };
  } catch (error) {
    await index.close();
    throw error;
  }
}

function loadIndex(options: OpenCollectionOptions, stored: StoredCheckpoint): Promise<VectorIndex> {
  const { dimension, metric, graph, clock, inPlace = false, onDamage = () => {} } = options;
  const shape = { ...graph, dimension, metric };
  return inPlace && isForInPlace(stored, graph)
    ? InPlaceIndex.load({ ...shape, clock, onDamage }, stored)
    : GrowingIndex.load(shape, stored);
}

interface LoadedState {
  readonly state: AppliedState;
  readonly damagedPayload: DamagedFileError | undefined;
}

interface StateContents {
  readonly index: VectorIndex;
  readonly rows: RowTable;
  readonly appliedLsn: number;
  readonly payloadIndex?: PayloadIndex | undefined;
}

const stateOf = (
  options: OpenCollectionOptions,
  documents: DocumentStore,
  contents: StateContents,
): AppliedState =>
  new AppliedState({
    ...contents,
    payloadOptions: payloadOptions(options),
    documents,
    dimension: options.dimension,
    nowMs: () => options.clock.nowMs(),
    // A read cannot wait; where the suspicion is not kept either, the next read will find the damage again.
    onDamage: (error) => {
      options.onDamage?.(error);
      void suspectDocumentFile(options).catch(() => {});
    },
  });

/** A collection without a log is not an empty one: nothing is made in its directory. */
async function oldestLsnOfLog({ disk, directory }: OpenCollectionOptions): Promise<number> {
  const names = await disk.list(walDirectory(directory));
  const firstLsns = names.map(parseSegmentFileName).filter((lsn) => lsn !== undefined);
  if (firstLsns.length === 0) throw new DamagedFileError("wal", "has no segment");
  return Math.min(...firstLsns);
}

/** Where no checkpoint can be read, the log must tell everything from the beginning on. */
function requireWholeLog([damage]: readonly DamagedFileError[], oldestLsn: number): void {
  if (damage === undefined || oldestLsn === 1) return;
  const reason = `${damage.reason}; there is no other checkpoint, and the log begins at LSN ${oldestLsn}`;
  throw new DamagedFileError(damage.file, reason);
}

interface ReplayStart {
  readonly state: AppliedState;
  readonly documents: DocumentStore;
  readonly damage: DocumentFileDamage | undefined;
  readonly oldestLsn: number;
}

function firstLsnToReplay({ state, documents, damage, oldestLsn }: ReplayStart): number {
  const ofIndex = state.appliedLsn + 1;
  const ofDocuments = documents.appliedLsn + 1;
  // What was not salvaged may be in what there is of the log.
  if (damage !== undefined) return Math.min(ofIndex, Math.max(ofDocuments, oldestLsn));
  if (ofDocuments < Math.min(ofIndex, oldestLsn)) {
    const reason = `has applied LSN ${documents.appliedLsn} alone, and the log begins at LSN ${oldestLsn}`;
    throw new DamagedFileError("documents.db", reason);
  }
  return Math.min(ofIndex, ofDocuments);
}

function replay(record: WalRecord, state: AppliedState, documents: DocumentStore): Promise<void> {
  if (state.index instanceof InPlaceIndex && record.lsn > state.appliedLsn) {
    throw new PromotionNeededError("the log holds more than its checkpoint");
  }
  try {
    state.apply(decodeMutation(record), record.lsn);
    state.index.publish();
  } catch (cause) {
    // Its checksum holds, so it is what was written, by something that knows more than this version does.
    const reason = `LSN ${record.lsn} cannot be read (${(cause as Error).message})`;
    throw new DamagedFileError("wal", reason);
  }
  return documents.makeRoom();
}

/** The log is synced before documents' file or a checkpoint learns of anything, so it reaches at least as far. */
function requireCovered(state: AppliedState, documents: DocumentStore, wal: WalWriter): void {
  const { lastLsn } = wal;
  for (const [file, { appliedLsn }] of [
    ["documents.db", documents],
    ["a checkpoint", state],
  ] as const) {
    if (appliedLsn <= lastLsn) continue;
    throw new DamagedFileError("wal", `ends at LSN ${lastLsn}, though ${file} has applied LSN ${appliedLsn}`);
  }
}

/** Index and file have the same documents when everything is written, unless the file was damaged. */
async function recoverDocuments(
  state: AppliedState,
  documents: DocumentStore,
  damage: DocumentFileDamage | undefined,
): Promise<DocumentRecovery | undefined> {
  await documents.flush();
  if (damage === undefined && documents.writtenCount === state.rows.count) return undefined;
  if (state.index instanceof InPlaceIndex) {
    throw new PromotionNeededError("its documents are not those of its checkpoint");
  }
  return { damage, lostCount: await state.dropUnmatched() };
}

/** @throws AkiDbError `unavailable` where the file is damaged: the next opening deals with that */
async function loadExpirations(state: AppliedState, options: OpenCollectionOptions): Promise<void> {
  try {
    await state.loadExpirations();
  } catch (cause) {
    if (!(cause instanceof DamagedFileError)) throw cause;
    await suspectDocumentFile(options);
    throw unavailable(`${cause.file} was found damaged`, { retryAfterMs: 1_000, cause });
  }
}

/** A graph that is there is kept, and left to the compaction behind the writes, as what there is no room to copy. */
async function withoutDeadRows(
  state: AppliedState,
  options: OpenCollectionOptions,
  documents: DocumentStore,
): Promise<AppliedState> {
  if (state.index.deadShare <= deadShareMax || state.index.linkedCount > 0) return state;
  const room = (options.memory ?? unlimitedMemory).reserveCopy(state.copyBytes);
  if (room === undefined) return state;
  const compaction = new Compaction(state, emptyCopy(state, options, documents), room);
  await compaction.copyRows();
  await state.close();
  return compaction.target;
}
