import type { Clock, CollectionId, IdGenerator, Metric, TextLanguage } from "@akidb/base";
import type { DocumentWriter } from "../adapters/sqlite/documentWriter.ts";
import type { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import type { GrowingIndexOptions } from "../index/growingIndex.ts";
import type { DeclaredField } from "../payload/declaredField.ts";
import type { ClosedSegment } from "../wal/closedSegments.ts";
import type { WalOptions } from "../wal/walWriter.ts";
import type { Budget } from "./budget.ts";
import type { CheckpointPolicy } from "./checkpointPolicy.ts";
import type { CollectionMeter } from "./collectionMeter.ts";
import type { MemoryBudget } from "./memoryBudget.ts";

export interface CollectionFiles {
  readonly disk: Disk;
  readonly directory: string;
  readonly collectionId: CollectionId;
  readonly clock: Clock;
  readonly ids: IdGenerator;
}

/** What may change while a collection is open. */
export interface CollectionSettings {
  readonly maxDocumentCount: number;
  readonly walRetentionMs: number;
}

export interface OpenCollectionOptions extends CollectionFiles {
  readonly dimension: number;
  readonly metric: Metric;
  readonly maxDocumentCount: number;
  readonly metadataBytesMax: number;
  /** Fields of the metadata that have a type; none if absent. */
  readonly declaredFields?: readonly DeclaredField[];
  /** Other paths that get an index; `limits.indexedFieldsMax` if absent. */
  readonly indexedFieldsMax?: number;
  /** Of the full text; `none` if absent. */
  readonly textLanguage?: TextLanguage;
  /**
   * Leaves the vectors of a checkpoint with a graph in their files and takes no writes, to have it searched in less memory;
   * refused where that needs more than reading. Others are opened as ever.
   */
  readonly inPlace?: boolean;
  readonly wal: WalOptions;
  readonly graph: Omit<GrowingIndexOptions, "dimension" | "metric">;
  /** What the collection may take of the process's memory; as much as there is if absent. */
  readonly memory?: MemoryBudget;
  /** What writes may add to the disk; as much as there is if absent. */
  readonly storage?: Budget;
  /** Writes the file of documents; absent: the thread that opens the collection does, a millisecond at a time. */
  readonly documentWriter?: DocumentWriter;
  /**
   * Takes a copy of each closed file of the log, which is not removed before; asked again where it rejects, and for
   * those of earlier runs.
   */
  readonly onSegmentClosed?: (segment: ClosedSegment) => Promise<void>;
  /** A document was read that is not what was written. */
  readonly onDamage?: (error: DamagedFileError) => void;
  /** Searches of the graph that are repeated exactly, to know its recall; 0 for none. */
  readonly recallChecksPerMinute: number;
  /** Where it differs from the default. */
  readonly checkpointPolicy?: Partial<CheckpointPolicy>;
  /** A checkpoint that was due could not be written; nothing is lost, the log grows, and it is tried again. */
  readonly onCheckpointFailure?: (error: unknown) => void;
  /** A copy without dead rows failed; they stay for now, and it is tried again. */
  readonly onCompactionFailure?: (error: unknown) => void;
  readonly meter?: CollectionMeter;
}
