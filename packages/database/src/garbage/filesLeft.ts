import { join } from "node:path";
import type { CollectionId, GarbageKind } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { CollectionDirectories } from "../adapters/collectionDirectories.ts";
import {
  draftsIn,
  type Extent,
  extentOf,
  orphansIn,
  removeGarbage,
  restoringBeside,
  totalOf,
} from "../adapters/diskGarbage.ts";
import type { LiveCollections } from "../collections/liveCollections.ts";
import type { Reembeddings } from "../reembed/reembeddings.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { type GarbageLook, unknownGenerationKeptMs } from "./foundGarbage.ts";
import { isServable } from "./isServable.ts";

export interface FilesLeftParts {
  /** The data directory. */
  readonly directory: string;
  readonly directories: CollectionDirectories;
  readonly collections: LiveCollections;
  readonly snapshots: Snapshots;
  readonly reembeddings: Reembeddings;
  /** Whether the catalog has not got a collection, and it is not being deleted. */
  readonly isGone: (id: CollectionId) => boolean;
}

/**
 * What nobody needs of the data directory. What opening a collection tidies up is not looked for: a crash leaves none that is
 * not opened by the next start. What recovery has put aside as damaged is none: somebody may want to look.
 */
export async function filesLeft(parts: FilesLeftParts, look: GarbageLook): Promise<void> {
  const { directory, directories, collections, isGone } = parts;
  const take = takeBelow(directory, look);
  await look.orProblem("the data directory", async () => {
    const beside = await restoringBeside(directory);
    for (const name of [...(await draftsIn(directory)), ...(beside === undefined ? [] : [beside])]) {
      await take("stale_file", name, () => removeGarbage(directory, name));
    }
    for (const name of await orphansIn(directory, isGone)) {
      await take("orphan_directory", name, () => removeGarbage(directory, name));
    }
    for (const name of await directories.passing.leftovers(isGone)) {
      await take("stale_file", `collections/${name}`, () => directories.passing.removeLeftover(name));
    }
  });
  const records = collections.records();
  for (const [index, record] of records.entries()) {
    await look.orProblem(`collections/${record.id}`, async () => {
      await parts.snapshots.leftovers(record, (name, remove) => take("stale_file", name, remove));
      await parts.reembeddings.whileWanted(record, (wanted) => generationsLeft(parts, record, wanted, look));
    });
    look.onProgress((index + 1) / records.length);
  }
}

const takeBelow =
  (directory: string, { take }: GarbageLook) =>
  async (kind: GarbageKind, name: string, remove: () => Promise<void>): Promise<void> => {
    const extent = await extentOf(join(directory, name));
    if (extent !== undefined) await take({ kind, name, ...extent, remove });
  };

/** Where what is served is not there or is damaged, others may be all that there is. */
async function generationsLeft(
  { directories, collections }: FilesLeftParts,
  record: CollectionRecord,
  wanted: ReadonlySet<number>,
  { take }: GarbageLook,
): Promise<void> {
  const generations = await directories.generations(record.id);
  if (!generations.includes(record.generation) || !isServable(collections, record)) return;
  for (const generation of new Set(generations)) {
    if (wanted.has(generation)) continue;
    const names = await directories.namesOfGeneration({ ...record, generation });
    const extents = await Promise.all(names.map((name) => extentOf(join(directories.path(record.id), name))));
    await take({
      kind: "unwanted_generation",
      name: `collections/${record.id}/${generation === 0 ? "wal" : `g${generation}`}`,
      ...totalOf(extents.filter((extent): extent is Extent => extent !== undefined)),
      keptMs: unknownGenerationKeptMs,
      remove: () => collections.generations.removeFiles({ ...record, generation }),
    });
  }
}
