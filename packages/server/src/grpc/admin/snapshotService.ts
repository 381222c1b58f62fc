import type { SnapshotInfo } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type {
  DownloadSnapshotRequest,
  DownloadSnapshotResponse,
  Snapshot,
  SnapshotServiceDefinition,
} from "@akidb/protocol/grpc";
import { type CallSession, runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";
import { collectionMessage } from "../toMessage.ts";
import { partsOf } from "./partsOf.ts";

export const snapshotService: ServiceHandles<typeof SnapshotServiceDefinition> = {
  createSnapshot: async ({ collection, upload, wait }, session) => {
    const input = { collection, upload, ...(wait !== undefined && { wait }) };
    return snapshotMessage(await runOperation(operations.createSnapshot, input, session));
  },
  listSnapshots: async (reference, session) => {
    const { items, objectStoreProblem } = await runOperation(operations.listSnapshots, reference, session);
    return { snapshots: items.map(snapshotMessage), objectStoreProblem: objectStoreProblem ?? undefined };
  },
  deleteSnapshot: async (reference, session) => {
    await runOperation(operations.deleteSnapshot, reference, session);
    return {};
  },
  restoreSnapshot: async ({ collection, snapshot, ...request }, session) => {
    const until = definedFields<{ into?: string; untilLsn?: number; untilTime?: string }>(request);
    const input = { collection, snapshot, ...until };
    return { collection: collectionMessage(await runOperation(operations.restoreSnapshot, input, session)) };
  },
  downloadSnapshot,
};

async function* downloadSnapshot(
  reference: DownloadSnapshotRequest,
  session: CallSession,
): AsyncGenerator<DownloadSnapshotResponse> {
  const { body, sizeBytes } = await runOperation(operations.downloadSnapshot, reference, session);
  let size: number | undefined = sizeBytes;
  for await (const data of partsOf(body)) {
    yield { data, sizeBytes: size };
    size = undefined;
  }
}

const snapshotMessage = ({ id, ...info }: SnapshotInfo): Snapshot => ({
  ...nullsAbsent(info),
  snapshotId: id,
});
