import type { PackedObject } from "@akidb/objects";

/** A closed file of a collection's log in the object store. */
export interface ArchivedSegment {
  readonly firstLsn: number;
  readonly lastLsn: number;
  /** Of two that claim the same LSN the one created later counts: the collection was restored in between. */
  readonly createdAtMs: number;
  readonly bytes: number;
  readonly crc32c: number;
  /** When its first and its last record were decided, where they say. */
  readonly firstTimeMs: number | undefined;
  readonly lastTimeMs: number | undefined;
  readonly place: SegmentPlace;
}

/** An object of its own, or one of many in a pack. */
export type SegmentPlace =
  | { readonly kind: "object"; readonly key: string }
  | { readonly kind: "packed"; readonly packed: PackedObject };
