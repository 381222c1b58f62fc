import { failedPrecondition } from "@akidb/base";
import { type Disk, decodeSealedJson, encodeSealedJson, type SnapshotManifest } from "@akidb/engine";

/** That a collection became what it was before: its log goes on behind `lsn`, and what it had there is another history. */
export interface Restore {
  readonly atMs: number;
  readonly lsn: number;
}

const formatVersion = 1;
export const restoresFile = "RESTORES.json";
const bytesMax = 16 * 1024 * 1024;

interface RestoresFields {
  readonly format_version: number;
  readonly restores: readonly { readonly at_ms: number; readonly lsn: number }[];
}

/** @throws AkiDbError `failed_precondition` where the file is not what was written */
export async function readRestores(disk: Disk, directory: string): Promise<readonly Restore[]> {
  if (!(await disk.list(directory)).includes(restoresFile)) return [];
  const file = await disk.openFile(`${directory}/${restoresFile}`);
  try {
    const bytes = new Uint8Array(Math.min(bytesMax, await file.size()));
    await file.read(bytes, 0);
    const fields = decodeSealedJson(bytes) as RestoresFields | undefined;
    if (fields?.format_version === formatVersion) {
      return fields.restores.map(({ at_ms, lsn }) => ({ atMs: at_ms, lsn }));
    }
    const reason = fields === undefined ? "does not match its checksum" : "was written by a newer AkiDB";
    throw failedPrecondition(
      `${restoresFile} of the collection ${reason}, so what its log tells is not known`,
    );
  } finally {
    await file.close();
  }
}

/** Into a directory that has none yet; durable when it resolves, but for the file's name. */
export async function writeRestores(
  disk: Disk,
  directory: string,
  restores: readonly Restore[],
): Promise<void> {
  await writeFile(disk, `${directory}/${restoresFile}`, restores);
  await disk.syncDirectory(directory);
}

async function writeFile(disk: Disk, path: string, restores: readonly Restore[]): Promise<void> {
  const fields: RestoresFields = {
    format_version: formatVersion,
    restores: restores.map(({ atMs, lsn }) => ({ at_ms: atMs, lsn })),
  };
  const file = await disk.createFile(path);
  try {
    await file.write([encodeSealedJson(fields)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** In place of those that there are; durable when it resolves. */
export async function addRestore(disk: Disk, directory: string, restore: Restore): Promise<void> {
  // Where it is not known any more, no older snapshot may be brought further than it goes itself.
  const known = await readRestores(disk, directory).catch(() => []);
  const path = `${directory}/${restoresFile}`;
  if ((await disk.list(directory)).includes(`${restoresFile}.new`)) await disk.remove(`${path}.new`);
  await writeFile(disk, `${path}.new`, [...known, restore]);
  await disk.rename(`${path}.new`, path);
  await disk.syncDirectory(directory);
}

type SnapshotMoment = Pick<SnapshotManifest, "lsn" | "createdAtMs">;

/** The restore that left behind what a snapshot holds; undefined where the log goes on from the snapshot. */
export const leavingRestore = (
  { lsn, createdAtMs }: SnapshotMoment,
  restores: readonly Restore[],
): Restore | undefined => restores.find((each) => each.atMs >= createdAtMs && each.lsn < lsn);

/** @throws AkiDbError `failed_precondition` where the log does not go on from the snapshot */
export function checkSameHistory(
  { snapshotId, ...moment }: SnapshotMoment & Pick<SnapshotManifest, "snapshotId">,
  restores: readonly Restore[],
): void {
  const restore = leavingRestore(moment, restores);
  if (restore === undefined) return;
  throw failedPrecondition(
    `the collection was restored to LSN ${restore.lsn} after snapshot ${snapshotId} was created, ` +
      "so its log does not go on from there; the snapshot itself can be restored",
  );
}
