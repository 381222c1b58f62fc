import {
  type CollectionId,
  formatTimestamp,
  type SnapshotId,
  type SnapshotInfo,
  type SnapshotLocation,
} from "@akidb/base";
import type { SnapshotManifest } from "@akidb/engine";

/** What is known of a snapshot from the beginning on. */
export type SnapshotIdentity = Pick<SnapshotInfo, "id" | "collectionId" | "createdAt" | "origin">;

export const creatingInfo = (identity: SnapshotIdentity): SnapshotInfo => ({
  ...identity,
  location: "local",
  state: "creating",
  stateReason: null,
  progress: 0,
  lsn: null,
  documentCount: null,
  sizeBytes: null,
});

/** Where a snapshot is looked for. */
export interface SnapshotPlace {
  readonly collectionId: CollectionId;
  readonly id: SnapshotId;
  readonly location: SnapshotLocation;
}

export const readyInfo = (
  { collectionId, id, location }: SnapshotPlace,
  manifest: SnapshotManifest,
): SnapshotInfo => ({
  id,
  collectionId,
  state: "ready",
  stateReason: null,
  origin: manifest.origin,
  location,
  progress: null,
  createdAt: formatTimestamp(manifest.createdAtMs),
  lsn: manifest.lsn,
  documentCount: manifest.documentCount,
  sizeBytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
});

/** Of one whose manifest cannot be read. */
export function damagedInfo(
  { collectionId, id, location }: SnapshotPlace,
  stateReason: string,
): SnapshotInfo {
  const createdAt = formatTimestamp(snapshotAtMs(id));
  const info = creatingInfo({ id, collectionId, createdAt, origin: null });
  return { ...info, location, state: "damaged", stateReason, progress: null };
}

/** When it was begun: the first 48 bits of a UUID v7 are milliseconds since 1970 (RFC 9562). */
export const snapshotAtMs = (id: SnapshotId): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);

/** Identifiers are in order of time. */
export const byAge = (infos: readonly SnapshotInfo[]): readonly SnapshotInfo[] =>
  infos.toSorted((a, b) => (a.id < b.id ? -1 : 1));
