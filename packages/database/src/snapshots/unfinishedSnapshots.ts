import type { CollectionId, SnapshotId, SnapshotInfo } from "@akidb/base";
import { creatingInfo, type SnapshotIdentity } from "./snapshotInfo.ts";

/** Snapshots in creation, and those whose creation failed, which are shown until the next one of the collection begins. */
export class UnfinishedSnapshots {
  readonly #infos = new Map<SnapshotId, SnapshotInfo>();

  begin(identity: SnapshotIdentity): SnapshotInfo {
    for (const { id, state } of this.of(identity.collectionId)) {
      if (state === "failed") this.#infos.delete(id as SnapshotId);
    }
    return this.#set(creatingInfo(identity));
  }

  /** @param progress the share that is written, 0..1 */
  goesOn(begun: SnapshotInfo, progress: number): void {
    this.#set({ ...begun, progress });
  }

  fail(begun: SnapshotInfo, stateReason: string): void {
    this.#set({ ...begun, state: "failed", stateReason, progress: null });
  }

  finish({ id }: SnapshotInfo): void {
    this.#infos.delete(id as SnapshotId);
  }

  of(collectionId: string): readonly SnapshotInfo[] {
    return [...this.#infos.values()].filter((info) => info.collectionId === collectionId);
  }

  isCreating(collectionId: CollectionId, id: SnapshotId): boolean {
    const info = this.#infos.get(id);
    return info?.collectionId === collectionId && info.state === "creating";
  }

  #set(info: SnapshotInfo): SnapshotInfo {
    this.#infos.set(info.id as SnapshotId, info);
    return info;
  }
}
