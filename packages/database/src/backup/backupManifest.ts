import { type CollectionId, failedPrecondition, parseId } from "@akidb/base";
import { decodeSealedJson, encodeSealedJson } from "@akidb/engine";
import { DamagedObjectError } from "@akidb/objects";
import { isPlainPath } from "../snapshots/isPlainPath.ts";
import type { Content } from "./contentStore.ts";

/** Of what a backup consists: written last, so that a backup without it is none. */
export interface BackupManifest {
  readonly id: string;
  readonly createdAtMs: number;
  /** Of the data directory's format. */
  readonly dataVersion: number;
  /** The model that was chosen for what names none; null where that is the configuration's, and in backups of format 1. */
  readonly defaultModel: string | null;
  readonly catalog: Content;
  readonly collections: readonly BackedUpCollection[];
}

export interface BackedUpCollection {
  readonly id: CollectionId;
  readonly name: string;
  readonly documentCount: number;
  /** Together they tell whether anything has changed: a restored collection gives its LSNs again. */
  readonly lsn: number;
  readonly restoredAtMs: number | null;
  /** Of a snapshot, its manifest included. */
  readonly files: readonly (Content & { readonly name: string })[];
}

const formatVersion = 2;

export const backupsPrefix = "backups/";
export const backupKey = (id: string): string => `${backupsPrefix}${id}/MANIFEST.json`;

interface ManifestFields {
  readonly format_version: number;
  readonly backup_id: string;
  readonly created_at_ms: number;
  readonly data_version: number;
  /** From format 2 on. */
  readonly default_model?: string | null;
  readonly catalog: Content;
  readonly collections: readonly {
    readonly collection_id: CollectionId;
    readonly name: string;
    readonly document_count: number;
    readonly lsn: number;
    readonly restored_at_ms: number | null;
    readonly files: readonly (Content & { readonly name: string })[];
  }[];
}

const contentOf = ({ sha256, bytes }: Content): Content => ({ sha256, bytes });

export function encodeBackupManifest(manifest: BackupManifest): Uint8Array {
  const fields: ManifestFields = {
    format_version: formatVersion,
    backup_id: manifest.id,
    created_at_ms: manifest.createdAtMs,
    data_version: manifest.dataVersion,
    default_model: manifest.defaultModel,
    catalog: contentOf(manifest.catalog),
    collections: manifest.collections.map((collection) => ({
      collection_id: collection.id,
      name: collection.name,
      document_count: collection.documentCount,
      lsn: collection.lsn,
      restored_at_ms: collection.restoredAtMs,
      files: collection.files.map((file) => ({ name: file.name, ...contentOf(file) })),
    })),
  };
  return encodeSealedJson(fields);
}

/**
 * Sizes and names are those of files that AkiDB could have written: whoever restores need not look at them again.
 *
 * @throws DamagedObjectError, and `failed_precondition` for the format of a later version
 */
export function decodeBackupManifest(key: string, bytes: Uint8Array): BackupManifest {
  // Its checksum holds, so it has the fields of its version.
  const fields = decodeSealedJson(bytes) as ManifestFields | undefined;
  if (fields === undefined) throw new DamagedObjectError(key, "it does not match its checksum");
  if (fields.format_version > formatVersion) {
    throw failedPrecondition(`the backup was written by a newer AkiDB (format ${fields.format_version})`);
  }
  const contents = [fields.catalog, ...fields.collections.flatMap(({ files }) => files)];
  const names = fields.collections.flatMap(({ files }) => files.map(({ name }) => name));
  const ids = fields.collections.map(({ collection_id: id }) => id);
  const isPossible =
    contents.every(isContent) && names.every(isPlainPath) && ids.every((id) => parseId(id) !== undefined);
  if (!isPossible) throw new DamagedObjectError(key, "it names what no backup has");
  return {
    id: fields.backup_id,
    createdAtMs: fields.created_at_ms,
    dataVersion: fields.data_version,
    defaultModel: fields.default_model ?? null,
    catalog: fields.catalog,
    collections: fields.collections.map((collection) => ({
      id: collection.collection_id,
      name: collection.name,
      documentCount: collection.document_count,
      lsn: collection.lsn,
      restoredAtMs: collection.restored_at_ms,
      files: collection.files,
    })),
  };
}

const isContent = ({ sha256, bytes }: Content): boolean =>
  /^[0-9a-f]{64}$/.test(sha256) && Number.isSafeInteger(bytes) && bytes >= 0;
