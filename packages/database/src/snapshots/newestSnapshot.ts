import type { SnapshotId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { inParallel } from "../collections/inParallel.ts";
import { snapshotAtMs } from "./snapshotInfo.ts";

/** Looked at, at the same time. */
const directoriesAtOnce = 16;

/** When the last snapshot was begun, of all collections: directories are looked at once, and then it is told. */
export class NewestSnapshot {
  readonly #list: (record: CollectionRecord) => Promise<readonly SnapshotId[]>;
  #atMs: number | undefined;
  #looked: Promise<void> | undefined;

  /** @param list of a collection those on this machine, in order of creation */
  constructor(list: (record: CollectionRecord) => Promise<readonly SnapshotId[]>) {
    this.#list = list;
  }

  note(id: SnapshotId): void {
    this.#atMs = Math.max(this.#atMs ?? 0, snapshotAtMs(id));
  }

  /** Of those that are on this machine or were made since the start; undefined where there is none. */
  async atMs(records: readonly CollectionRecord[]): Promise<number | undefined> {
    this.#looked ??= inParallel(directoriesAtOnce, [...records], async (record) => {
      const newest = (await this.#list(record).catch(() => [])).at(-1);
      if (newest !== undefined) this.note(newest);
    });
    await this.#looked;
    return this.#atMs;
  }
}
