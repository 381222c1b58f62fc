import type { CollectionId, Metric } from "@akidb/base";
import type { IndexKind } from "../index/indexImage.ts";
import type { FileContents } from "./fileContents.ts";
import { decodeSealedJson, encodeSealedJson } from "./sealedJson.ts";

export const manifestFileName = "MANIFEST.json";

/**
 * What a checkpoint is of, and of what files it consists; written last, so that a directory without it is no checkpoint.
 * As JSON, with a checksum of everything else in it. The format version is raised with that of any file.
 */
export interface CheckpointManifest {
  readonly collectionId: CollectionId;
  /** Everything up to it is in the checkpoint, and nothing behind. */
  readonly lsn: number;
  readonly dimension: number;
  readonly metric: Metric;
  readonly index: IndexKind;
  /** Of the index, dead ones included. */
  readonly rowCount: number;
  readonly deadCount: number;
  /** Rows in the graph. */
  readonly linkedCount: number;
  readonly files: readonly ManifestFile[];
}

export interface ManifestFile extends FileContents {
  readonly name: string;
  /** It is taken over by the next checkpoint as it is. */
  readonly isSealed: boolean;
}

export type ManifestReading =
  | { readonly kind: "valid"; readonly manifest: CheckpointManifest }
  | { readonly kind: "damaged" }
  /** Whole, and of a format that this version does not know. */
  | { readonly kind: "newer"; readonly version: number };

/** Before version 2 there was no payload index among the files. */
const manifestFormatVersion = 2;
const oldestManifestFormatVersion = 1;

/** As it is on disk, without the checksum. */
interface ManifestFields {
  readonly format_version: number;
  readonly collection_id: CollectionId;
  readonly lsn: number;
  readonly dimension: number;
  readonly metric: Metric;
  readonly index: IndexKind;
  readonly row_count: number;
  readonly dead_count: number;
  readonly linked_count: number;
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly crc32c: string;
    readonly sealed: boolean;
  }[];
}

export function encodeManifest(manifest: CheckpointManifest): Uint8Array {
  const fields: ManifestFields = {
    format_version: manifestFormatVersion,
    collection_id: manifest.collectionId,
    lsn: manifest.lsn,
    dimension: manifest.dimension,
    metric: manifest.metric,
    index: manifest.index,
    row_count: manifest.rowCount,
    dead_count: manifest.deadCount,
    linked_count: manifest.linkedCount,
    files: manifest.files.map(({ name, bytes, checksum, isSealed }) => ({
      name,
      bytes,
      crc32c: hex(checksum),
      sealed: isSealed,
    })),
  };
  return encodeSealedJson(fields);
}

export function decodeManifest(bytes: Uint8Array): ManifestReading {
  // Its checksum holds, so it has the fields of its version.
  const fields = decodeSealedJson(bytes) as ManifestFields | undefined;
  if (fields === undefined) return { kind: "damaged" };
  const { format_version: version } = fields;
  if (version < oldestManifestFormatVersion || version > manifestFormatVersion) {
    return { kind: "newer", version };
  }
  const manifest = {
    collectionId: fields.collection_id,
    lsn: fields.lsn,
    dimension: fields.dimension,
    metric: fields.metric,
    index: fields.index,
    rowCount: fields.row_count,
    deadCount: fields.dead_count,
    linkedCount: fields.linked_count,
    files: fields.files.map(({ name, bytes: length, crc32c: sum, sealed }) => ({
      name,
      bytes: length,
      checksum: Number.parseInt(sum, 16),
      isSealed: sealed,
    })),
  };
  return { kind: "valid", manifest };
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0");
