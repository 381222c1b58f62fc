export { uncollectedSharedBytes, urgeCollection } from "@akidb/kernel";
export { type Compression, compressions } from "@akidb/parquet";
export { nodeDisk } from "./adapters/nodeDisk.ts";
export { DocumentWriter } from "./adapters/sqlite/documentWriter.ts";
export { readSqliteLog, type SqliteLog } from "./adapters/sqlite/sqliteLog.ts";
export { Builders } from "./builders/builders.ts";
export { loadSegmentCheckpoint, type SegmentCheckpointLoad } from "./checkpoint/loadSegmentCheckpoint.ts";
export { decodeSealedJson, encodeSealedJson } from "./checkpoint/sealedJson.ts";
export {
  type SegmentCheckpoint,
  type SegmentCheckpointWrite,
  writeSegmentCheckpoint,
} from "./checkpoint/writeSegmentCheckpoint.ts";
export { type Budget, nothing, type Reservation, together } from "./collection/budget.ts";
export { checkDocument, type DocumentRules } from "./collection/checkedDocument.ts";
export type { CheckpointPolicy } from "./collection/checkpointPolicy.ts";
export { ChunkedDocument, type DocumentChunk } from "./collection/chunkedDocument.ts";
export {
  type ClosedCollectionFiles,
  type ClosedSummary,
  collectionFileBytes,
  readClosedSummary,
  writeClosedSummary,
} from "./collection/closedSummary.ts";
export { Collection, createCollectionFiles } from "./collection/collection.ts";
export { type CollectionMeter, unmeasured } from "./collection/collectionMeter.ts";
export type { CollectionStats, CollectionUse } from "./collection/collectionStats.ts";
export type { CommitTiming } from "./collection/collectionWriter.ts";
export type { MemoryBudget } from "./collection/memoryBudget.ts";
export type { ResolvedDocument } from "./collection/mutation.ts";
export type { CollectionFiles, OpenCollectionOptions } from "./collection/openCollectionOptions.ts";
export { openingBytes } from "./collection/openingBytes.ts";
export type { CollectionRecovery } from "./collection/recoverCollection.ts";
export type { WriteHold } from "./collection/writeGate.ts";
export { failedItem } from "./collection/writeItem.ts";
export { DamagedFileError, type LsnRange } from "./damagedFileError.ts";
export type { Disk, DiskFile } from "./disk/disk.ts";
export { type FieldPath, parseFieldPath } from "./filter/fieldPath.ts";
export type { Filter } from "./filter/filter.ts";
export { parseFilter } from "./filter/parseFilter.ts";
export { ExactScan } from "./index/exactScan.ts";
export type { ReadViewHandle, RowSnapshot } from "./index/flatReadView.ts";
export { GraphIndex, type GraphIndexOptions } from "./index/graphIndex.ts";
export { InPlaceIndex, type InPlaceIndexOptions } from "./index/inPlaceIndex.ts";
export type { IndexQuery, IndexStats, RankedRows, VectorIndex } from "./index/vectorIndex.ts";
export type { ChangedDocuments } from "./mirror/changedDocuments.ts";
export type { CollectionMirror, MirroredDocuments } from "./mirror/collectionMirror.ts";
export type { DeclaredField } from "./payload/declaredField.ts";
export {
  type FieldIndexInfo,
  PayloadIndex,
  type PayloadIndexOptions,
  type PayloadStats,
} from "./payload/payloadIndex.ts";
export { readPayloadFile, writePayloadFile } from "./payload/stored/payloadFile.ts";
export { PromotionNeededError } from "./promotionNeededError.ts";
export type { CollectionQuery, HybridSearch, QueryAnswer, Reranking } from "./query/collectionQuery.ts";
export type { TimedStage } from "./query/queryTrace.ts";
export { AnswerSize } from "./reads/answerSize.ts";
export type { CollectionContents } from "./reads/collectionContents.ts";
export type { CollectionShare } from "./sharing/collectionShare.ts";
export type { PlainQuery, SharedCollection } from "./sharing/sharedCollection.ts";
export { SharedCollections } from "./sharing/sharedCollections.ts";
export { checkSnapshotFiles } from "./snapshot/checkSnapshotFiles.ts";
export { snapshotDocumentsFile } from "./snapshot/documentsFile.ts";
export { readSnapshotManifest, snapshotManifestFile } from "./snapshot/readSnapshotManifest.ts";
export { restoreSnapshot, type SnapshotRestore } from "./snapshot/restoreSnapshot.ts";
export {
  type CollectionShape,
  decodeSnapshotManifest,
  type SnapshotManifest,
} from "./snapshot/snapshotManifest.ts";
export type { SnapshotWrite } from "./snapshot/writeSnapshot.ts";
export type {
  CollectionFindings,
  CollectionVerification,
  VerificationProgress,
} from "./verify/collectionVerification.ts";
export { verifyCollectionFiles } from "./verify/verifyCollectionFiles.ts";
export type { ClosedSegment } from "./wal/closedSegments.ts";
export { type ClosedSegmentFile, listClosedSegments } from "./wal/listClosedSegments.ts";
export type { UnsealedRecord } from "./wal/openSegment.ts";
export { openWal, type WalRecovery } from "./wal/openWal.ts";
export type { WalRecord } from "./wal/recordFormat.ts";
export { restoreSegment, type SegmentRestore } from "./wal/restoreSegment.ts";
export {
  type RecordPosition,
  type SegmentScan,
  type SegmentScanRequest,
  scanSegment,
} from "./wal/scanSegment.ts";
export type { WalOptions, WalWriter } from "./wal/walWriter.ts";
