import type { FileDamage, SnapshotId } from "@akidb/base";
import { DamagedFileError, nodeDisk, readSnapshotManifest } from "@akidb/engine";
import type { SnapshotDirectories } from "../adapters/snapshotDirectories.ts";

/** What shows without reading the files themselves: damaged manifests, files that are missing or of another length. */
export async function snapshotDamages(
  directories: SnapshotDirectories,
  collection: string,
): Promise<readonly FileDamage[]> {
  const damages: FileDamage[] = [];
  // A folder that cannot be listed is named where leftovers are looked for.
  for (const id of await directories.list().catch(() => [])) {
    const found = await snapshotProblem(directories, id);
    if (found === undefined) continue;
    damages.push({
      ...found,
      loss: "none",
      effect: `snapshot ${id} cannot be restored; the collection does not need it`,
      remedy: `delete it, and create another: akidb snapshots delete ${collection} ${id}`,
    });
  }
  return damages;
}

async function snapshotProblem(
  directories: SnapshotDirectories,
  id: SnapshotId,
): Promise<Pick<FileDamage, "file" | "problem"> | undefined> {
  try {
    const { files } = await readSnapshotManifest({ disk: nodeDisk, directory: directories.path(id) });
    for (const { name, bytes } of files) {
      const found = await directories.sizeOf(id, name);
      if (found === bytes) continue;
      const problem = found === undefined ? "is missing" : `is ${found} bytes long, not ${bytes}`;
      return { file: `snapshots/${id}/${name}`, problem };
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof DamagedFileError)) {
      const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
      return { file: `snapshots/${id}`, problem: `cannot be read: ${code}` };
    }
    return { file: `snapshots/${id}/${error.file}`, problem: error.reason };
  }
}
