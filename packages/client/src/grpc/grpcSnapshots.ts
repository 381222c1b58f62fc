import { AkiDbError, type Collection, type SnapshotInfo } from "@akidb/base";
import type { Snapshot } from "@akidb/protocol/grpc";
import { collectionInfoOf } from "./collectionInfoOf.ts";
import { flag, name, text, whole64 } from "./fields.ts";
import { fileOf } from "./fileOf.ts";
import type { GrpcCalls } from "./grpcCalls.ts";
import { nullsOf } from "./messageFields.ts";

type Snapshots = Pick<
  Collection,
  "createSnapshot" | "listSnapshots" | "deleteSnapshot" | "restoreSnapshot" | "downloadSnapshot"
>;

/** A collection as it was. */
export function grpcSnapshots(calls: GrpcCalls, collectionName: () => string): Snapshots {
  const referenceOf = (id: string) => ({ collection: collectionName(), snapshot: name("snapshot", id) });
  return {
    createSnapshot: async ({ wait, upload, ...options } = {}) => {
      const snapshot = await calls.send("snapshots", "createSnapshot", {
        request: () => ({
          collection: collectionName(),
          wait: flag("wait", wait),
          upload: flag("upload", upload) ?? false,
        }),
        repeatable: false,
        options,
      });
      return snapshotOf(snapshot);
    },

    listSnapshots: async (options) => {
      const request = () => ({ collection: collectionName() });
      const call = { request, repeatable: true, options };
      const { snapshots, objectStoreProblem } = await calls.send("snapshots", "listSnapshots", call);
      return { items: snapshots.map(snapshotOf), objectStoreProblem: objectStoreProblem ?? null };
    },

    deleteSnapshot: async (id, options) => {
      const request = () => referenceOf(id);
      await calls.send("snapshots", "deleteSnapshot", { request, repeatable: false, options });
    },

    restoreSnapshot: async (id, { into, untilLsn, untilTime, ...options } = {}) => {
      const { collection } = await calls.send("snapshots", "restoreSnapshot", {
        request: () => ({
          ...referenceOf(id),
          into: text("into", into),
          untilLsn: whole64("until_lsn", untilLsn),
          untilTime: text("until_time", untilTime),
        }),
        repeatable: false,
        options,
      });
      return collectionInfoOf(collection);
    },

    downloadSnapshot: async (id, options) => {
      const { first, rest } = await calls.open("snapshots", "downloadSnapshot", {
        request: () => referenceOf(id),
        options,
      });
      if (first?.sizeBytes === undefined) {
        throw new AkiDbError("internal", "the server's answer is not a file of a known length");
      }
      return { sizeBytes: first.sizeBytes, body: fileOf(first, rest) };
    },
  };
}

const snapshotOf = ({ snapshotId: id, ...snapshot }: Snapshot): SnapshotInfo =>
  nullsOf<SnapshotInfo>({ id, ...snapshot });
