import type { ObjectInfo } from "@akidb/objects";

/** Objects that stay or go together. */
export interface ObjectGroup {
  readonly keys: readonly string[];
  readonly bytes: number;
  /** Of the newest, by the store's clock. */
  readonly modifiedAtMs: number;
}

export const groupOf = (objects: readonly ObjectInfo[]): ObjectGroup => ({
  keys: objects.map(({ key }) => key),
  bytes: objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  modifiedAtMs: objects.reduce((latest, { modifiedAtMs }) => Math.max(latest, modifiedAtMs), 0),
});
