import { AkiDbError, type Collection, notFound, type SnapshotInfo } from "@akidb/base";
import type { Cli } from "../cli.ts";

const pollIntervalMs = 200;

/** Waits as long as it takes, with a bar on a terminal. */
export async function waitForSnapshot(
  { terminal }: Cli,
  collection: Collection,
  begun: SnapshotInfo,
): Promise<SnapshotInfo> {
  const bar = terminal.startBar({ title: `snapshot of ${collection.nameOrId}`, total: 100 });
  try {
    for (;;) {
      const { items } = await collection.listSnapshots();
      const info = items.find(({ id }) => id === begun.id);
      if (info === undefined) throw notFound(`snapshot ${JSON.stringify(begun.id)}`);
      if (info.state === "ready") return info;
      if (info.state !== "creating") {
        throw new AkiDbError("failed_precondition", `the snapshot ${info.state}: ${info.stateReason}`);
      }
      const percent = Math.round(100 * (info.progress ?? 0));
      bar?.update(percent, `${percent} % of the documents`);
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  } finally {
    bar?.stop();
  }
}
