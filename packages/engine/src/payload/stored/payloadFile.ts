import { blockFileKinds } from "../../checkpoint/blockFileHeader.ts";
import type { FileContents } from "../../checkpoint/fileContents.ts";
import { readBlockFile } from "../../checkpoint/readBlockFile.ts";
import { writeStreamedFile } from "../../checkpoint/writeStreamedFile.ts";
import { DamagedFileError } from "../../damagedFileError.ts";
import type { Disk } from "../../disk/disk.ts";
import type { StoredImage } from "../../index/indexImage.ts";
import { contentsOf } from "../../index/tombstoneFile.ts";
import { PayloadIndex, type PayloadIndexOptions } from "../payloadIndex.ts";
import type { PayloadDirectory, PayloadImage } from "./payloadImage.ts";
import { StoredRegions } from "./storedRegions.ts";

export const payloadFileName = "payload";

/**
 * Raised with every change of what an index of the same documents holds: of what is a date, how texts are hashed, where
 * the bands of points lie. A file of another version is no damage; the index is made of the documents again.
 */
const payloadVersion = 1;

export interface PayloadFileWrite {
  readonly disk: Disk;
  readonly directory: string;
  readonly image: PayloadImage;
  readonly signal: AbortSignal;
}

/** Words: the version, the rows. */
export async function writePayloadFile(write: PayloadFileWrite): Promise<FileContents> {
  const { disk, directory, image, signal } = write;
  return await writeStreamedFile({
    disk,
    path: `${directory}/${payloadFileName}`,
    kind: blockFileKinds.payload,
    words: [payloadVersion, image.rowCount],
    regions: await image.regions(),
    signal,
  });
}

/**
 * @returns undefined where the index of these options would be another one: it is to be made of the documents
 * @throws DamagedFileError; RangeError where there is no memory
 */
export async function readPayloadFile(
  stored: StoredImage,
  rowCount: number,
  options: PayloadIndexOptions,
): Promise<PayloadIndex | undefined> {
  const file = `${stored.name}/${payloadFileName}`;
  let regions: readonly Uint8Array<ArrayBuffer>[] = [];
  let version: number | undefined;
  await readBlockFile({
    disk: stored.disk,
    path: `${stored.directory}/${payloadFileName}`,
    file,
    kind: blockFileKinds.payload,
    ...contentsOf(stored, payloadFileName),
    regions: ({ words, regionBytes }, damaged) => {
      version = words[0];
      if (words[1] !== rowCount) throw damaged(`is of ${words[1]} rows, not of ${rowCount}`);
      regions = regionBytes.map((bytes) => new Uint8Array(bytes));
      return regions.map((bytes) => ({ name: "part", bytes }));
    },
  });
  if (version !== payloadVersion) return undefined;
  const [directoryBytes, ...others] = regions;
  // Its checksum holds, so it is what this version wrote.
  const directory = JSON.parse(new TextDecoder().decode(directoryBytes)) as PayloadDirectory;
  const parts = new StoredRegions(others, directory.packs, (reason) => new DamagedFileError(file, reason));
  return await PayloadIndex.load({ directory, regions: parts, options, rowCount });
}
