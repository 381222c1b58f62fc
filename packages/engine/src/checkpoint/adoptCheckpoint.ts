import type { CollectionId } from "@akidb/base";
import { crc32c } from "@node-rs/crc32";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import { decodeManifest, encodeManifest, manifestFileName } from "./checkpointManifest.ts";
import type { FileContents } from "./fileContents.ts";
import { linkOrCopy } from "./linkOrCopy.ts";
import { readWhole } from "./readWhole.ts";
import { replaceFile } from "./replaceFile.ts";

export interface CheckpointAdoption {
  readonly disk: Disk;
  /** The checkpoint's own directory. */
  readonly from: string;
  /** Its name among checkpoints. */
  readonly name: string;
  /** A directory of checkpoints with none. */
  readonly to: string;
  readonly collectionId: CollectionId;
}

export interface AdoptedFile extends FileContents {
  readonly name: string;
}

/**
 * Gives a collection the checkpoint of another, whose files it shares where the file system can; durable when it resolves.
 *
 * @returns its files, the manifest among them
 * @throws DamagedFileError where the checkpoint has no whole manifest
 */
export async function adoptCheckpoint(adoption: CheckpointAdoption): Promise<readonly AdoptedFile[]> {
  const { disk, from, name, to, collectionId } = adoption;
  const manifestPath = `checkpoint/${name}/${manifestFileName}`;
  const reading = decodeManifest(await readWhole(disk, `${from}/${manifestFileName}`, manifestPath));
  if (reading.kind !== "valid") throw new DamagedFileError(manifestPath, "does not match its checksum");
  const directory = `${to}/${name}`;
  await disk.makeDirectory(directory);
  for (const file of reading.manifest.files) {
    await linkOrCopy(disk, `${from}/${file.name}`, `${directory}/${file.name}`);
  }
  await disk.syncDirectory(directory);
  const manifest = encodeManifest({ ...reading.manifest, collectionId });
  await replaceFile(disk, `${directory}/${manifestFileName}`, (file) => file.write([manifest], 0));
  await disk.syncDirectory(to);
  const files = reading.manifest.files.map(({ name: file, bytes, checksum }) => ({
    name: file,
    bytes,
    checksum,
  }));
  return [...files, { name: manifestFileName, bytes: manifest.length, checksum: crc32c(manifest) }];
}
