import type { operations } from "@akidb/database";
import { nodeDisk, readSnapshotManifest } from "@akidb/engine";

/** What an operation works with. */
export type InspectedContext = Parameters<(typeof operations)["getGauges"]["run"]>[0];

export interface ExpectedBucket {
  readonly keys: ReadonlySet<string>;
  /** What is amiss with an archived log. */
  readonly problems: readonly string[];
}

/**
 * All that the policies of the collections want in the object store: each archived log, by its manifest from LSN 1 to its end
 * without a gap, and every file of every snapshot that is here.
 */
export async function expectedBucket({
  collections,
  snapshots,
  archives,
}: InspectedContext): Promise<ExpectedBucket> {
  const keys = new Set<string>();
  const problems: string[] = [];
  for (const record of collections.records()) {
    const prefix = `collections/${record.id}/`;
    const segments = await archives.of(record).segments();
    if (segments.length > 0) keys.add(`${prefix}wal/MANIFEST-1.json`);
    let nextLsn = 1;
    for (const { firstLsn, lastLsn, place } of segments) {
      if (firstLsn !== nextLsn) problems.push(`${record.name}: LSN ${nextLsn} is not archived`);
      nextLsn = lastLsn + 1;
      keys.add(place.kind === "object" ? place.key : place.packed.packKey);
    }
    using lease = collections.borrow(record);
    const lastLsn = lease?.collection.lastLsn ?? 0;
    if (nextLsn !== lastLsn + 1)
      problems.push(`${record.name}: LSN ${nextLsn} to ${lastLsn} are not archived`);
    for (const { id, state } of await snapshots.listLocal(record)) {
      if (state !== "ready") continue;
      const directory = `${collections.directoryOf(record)}/snapshots/${id}`;
      const { files } = await readSnapshotManifest({ disk: nodeDisk, directory });
      for (const name of [...files.map((file) => file.name), "MANIFEST.json"]) {
        keys.add(`${prefix}snapshots/${id}/${name}`);
      }
    }
  }
  return { keys, problems };
}
