import type { CollectionId, Metric, Quantization, SnapshotId, SnapshotOrigin } from "@akidb/base";
import type { FileContents } from "../checkpoint/fileContents.ts";
import { decodeSealedJson, encodeSealedJson } from "../checkpoint/sealedJson.ts";

/**
 * What a snapshot is of, and of what files it consists; written last. Its format version is raised with that of any file
 * but the checkpoint's, which has a manifest of its own.
 */
export interface SnapshotManifest {
  readonly snapshotId: SnapshotId;
  readonly collectionId: CollectionId;
  /** Of the collection, whose vectors are others in another one. */
  readonly generation: number;
  readonly origin: SnapshotOrigin;
  readonly createdAtMs: number;
  /** Everything up to it is in the snapshot, and nothing behind. */
  readonly lsn: number;
  readonly shape: CollectionShape;
  readonly documentCount: number;
  readonly files: readonly SnapshotFile[];
}

/** What the files of a collection are built for. */
export interface CollectionShape {
  readonly dimension: number;
  readonly metric: Metric;
  readonly hnswM: number;
  readonly hnswEfConstruction: number;
  readonly quantization: Quantization;
}

export interface SnapshotFile extends FileContents {
  /** Relative to the snapshot, with `/`. */
  readonly name: string;
}

/** Version 1 knew no expiry of documents. */
const snapshotFormatVersion = 2;

/** As it is on disk. */
interface ManifestFields {
  readonly format_version: number;
  readonly snapshot_id: SnapshotId;
  readonly collection_id: CollectionId;
  /** Absent from before there were others, and in the first one: 0. */
  readonly generation?: number;
  /** Absent from before there was a schedule: manual. */
  readonly origin?: SnapshotOrigin;
  readonly created_at_ms: number;
  readonly lsn: number;
  readonly dimension: number;
  readonly metric: Metric;
  readonly hnsw: { readonly m: number; readonly ef_construction: number };
  readonly quantization: Quantization;
  readonly document_count: number;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly crc32c: string }[];
}

export function encodeSnapshotManifest(manifest: SnapshotManifest): Uint8Array {
  const { shape } = manifest;
  const fields: ManifestFields = {
    format_version: snapshotFormatVersion,
    snapshot_id: manifest.snapshotId,
    collection_id: manifest.collectionId,
    ...(manifest.generation > 0 && { generation: manifest.generation }),
    origin: manifest.origin,
    created_at_ms: manifest.createdAtMs,
    lsn: manifest.lsn,
    dimension: shape.dimension,
    metric: shape.metric,
    hnsw: { m: shape.hnswM, ef_construction: shape.hnswEfConstruction },
    quantization: shape.quantization,
    document_count: manifest.documentCount,
    files: manifest.files.map(({ name, bytes, checksum }) => ({ name, bytes, crc32c: hex(checksum) })),
  };
  return encodeSealedJson(fields);
}

export type SnapshotManifestReading =
  | { readonly kind: "valid"; readonly manifest: SnapshotManifest }
  | { readonly kind: "damaged" }
  /** Whole, and of a format that this version does not know. */
  | { readonly kind: "newer"; readonly version: number };

export function decodeSnapshotManifest(bytes: Uint8Array): SnapshotManifestReading {
  // Its checksum holds, so it has the fields of its version.
  const fields = decodeSealedJson(bytes) as ManifestFields | undefined;
  if (fields === undefined) return { kind: "damaged" };
  if (fields.format_version > snapshotFormatVersion) return { kind: "newer", version: fields.format_version };
  const manifest: SnapshotManifest = {
    snapshotId: fields.snapshot_id,
    collectionId: fields.collection_id,
    generation: fields.generation ?? 0,
    origin: fields.origin ?? "manual",
    createdAtMs: fields.created_at_ms,
    lsn: fields.lsn,
    shape: {
      dimension: fields.dimension,
      metric: fields.metric,
      hnswM: fields.hnsw.m,
      hnswEfConstruction: fields.hnsw.ef_construction,
      quantization: fields.quantization,
    },
    documentCount: fields.document_count,
    files: fields.files.map(({ name, bytes: length, crc32c }) => ({
      name,
      bytes: length,
      checksum: Number.parseInt(crc32c, 16),
    })),
  };
  return { kind: "valid", manifest };
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, "0");
