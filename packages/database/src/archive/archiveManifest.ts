import { type CollectionId, failedPrecondition } from "@akidb/base";
import { decodeSealedJson, encodeSealedJson } from "@akidb/engine";
import { DamagedObjectError } from "@akidb/objects";
import type { ArchivedSegment, SegmentPlace } from "./archivedSegment.ts";

export const archiveFormatVersion = 1;

/** As it is stored. */
interface ManifestFields {
  readonly format_version: number;
  readonly collection_id: CollectionId;
  readonly segments: readonly SegmentFields[];
}

interface SegmentFields {
  readonly first_lsn: number;
  readonly last_lsn: number;
  readonly created_at_ms: number;
  readonly bytes: number;
  readonly crc32c: string;
  readonly first_time_ms: number | null;
  readonly last_time_ms: number | null;
  readonly place: SegmentPlace;
}

/** What the archive of a collection's log holds, as JSON with a checksum; an object that it does not name does not count. */
export function encodeArchiveManifest(
  collectionId: CollectionId,
  segments: readonly ArchivedSegment[],
): Uint8Array {
  const fields: ManifestFields = {
    format_version: archiveFormatVersion,
    collection_id: collectionId,
    segments: segments.map((segment) => ({
      first_lsn: segment.firstLsn,
      last_lsn: segment.lastLsn,
      created_at_ms: segment.createdAtMs,
      bytes: segment.bytes,
      crc32c: segment.crc32c.toString(16).padStart(8, "0"),
      first_time_ms: segment.firstTimeMs ?? null,
      last_time_ms: segment.lastTimeMs ?? null,
      place: segment.place,
    })),
  };
  return encodeSealedJson(fields);
}

/** @throws DamagedObjectError, and `failed_precondition` for the format of a later version */
export function decodeArchiveManifest(
  key: string,
  bytes: Uint8Array,
  collectionId: CollectionId,
): readonly ArchivedSegment[] {
  // Its checksum holds, so it has the fields of its version.
  const fields = decodeSealedJson(bytes) as ManifestFields | undefined;
  if (fields === undefined) throw new DamagedObjectError(key, "it does not match its checksum");
  if (fields.format_version !== archiveFormatVersion) {
    throw failedPrecondition(
      `the log's archive was written by a newer AkiDB (format ${fields.format_version})`,
    );
  }
  if (fields.collection_id !== collectionId) throw new DamagedObjectError(key, "it is of another collection");
  return fields.segments.map((segment) => ({
    firstLsn: segment.first_lsn,
    lastLsn: segment.last_lsn,
    createdAtMs: segment.created_at_ms,
    bytes: segment.bytes,
    crc32c: Number.parseInt(segment.crc32c, 16),
    firstTimeMs: segment.first_time_ms ?? undefined,
    lastTimeMs: segment.last_time_ms ?? undefined,
    place: segment.place,
  }));
}
