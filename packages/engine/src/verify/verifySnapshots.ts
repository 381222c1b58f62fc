import { parseId, type SnapshotId } from "@akidb/base";
import { checkpointDamage } from "../checkpoint/checkpointDamage.ts";
import { readSnapshotManifest } from "../snapshot/readSnapshotManifest.ts";
import type { CollectionVerification, FoundProblem } from "./collectionVerification.ts";
import { verifyListedFiles } from "./verifyListedFiles.ts";

export interface VerifiedSnapshots {
  /** The newest one that is whole. */
  readonly whole: SnapshotId | undefined;
  readonly problems: readonly (FoundProblem & { readonly snapshot: SnapshotId })[];
}

/** Every snapshot, file by file. */
export async function verifySnapshots(verification: CollectionVerification): Promise<VerifiedSnapshots> {
  const { disk, snapshotsIn: directory = verification.directory, progress } = verification;
  const ids = (await disk.list(`${directory}/snapshots`)).flatMap((name) =>
    name.length === 36 ? (parseId<"snapshot">(name) ?? []) : [],
  );
  const problems: (FoundProblem & { readonly snapshot: SnapshotId })[] = [];
  let whole: SnapshotId | undefined;
  // In order of creation.
  for (const snapshot of ids.sort()) {
    const at = `snapshots/${snapshot}`;
    try {
      const { files } = await readSnapshotManifest({ disk, directory: `${directory}/${at}` });
      progress.onFile();
      const found = await verifyListedFiles({ ...verification, directory }, at, files);
      problems.push(...found.map((problem) => ({ ...problem, snapshot })));
      if (found.length === 0) whole = snapshot;
    } catch (error) {
      const damage = checkpointDamage(error, at);
      if (damage === undefined) throw error;
      problems.push({ file: `${at}/${damage.file}`, problem: damage.reason, snapshot });
    }
  }
  return { whole, problems };
}
