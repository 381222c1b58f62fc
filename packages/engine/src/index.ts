export { nodeDisk } from "./adapters/nodeDisk.ts";
export {
  Collection,
  type CollectionFiles,
  type CollectionQuery,
  type CollectionStats,
  createCollectionFiles,
  type OpenCollectionOptions,
} from "./collection/collection.ts";
export { DamagedFileError } from "./damagedFileError.ts";
export type { Disk, DiskFile } from "./disk/disk.ts";
export { ExactScan, type ScanResult } from "./index/exactScan.ts";
export { FlatReadView, type ReadViewHandle, type RowSnapshot } from "./index/flatReadView.ts";
export { createWal, openWal, type WalRecovery } from "./wal/openWal.ts";
export { allocateRecord, recordTypes, type WalRecord } from "./wal/recordFormat.ts";
export type { UnsealedRecord, WalOptions, WalWriter } from "./wal/walWriter.ts";
