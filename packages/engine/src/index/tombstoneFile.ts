import { assert } from "@akidb/base";
import { blockFileKinds } from "../checkpoint/blockFileHeader.ts";
import { readBlockFile } from "../checkpoint/readBlockFile.ts";
import { writeBlockFile } from "../checkpoint/writeBlockFile.ts";
import type { ImageFile, ImageTarget, StoredImage } from "./indexImage.ts";

const name = "tombstones";

/**
 * The dead rows of all of an index's files, apart from them, so that files stay as they are when rows die. Words: the
 * rows of each file; regions: their tombstones, one bit a row.
 */
export async function writeTombstones(
  { disk, directory, signal }: ImageTarget,
  parts: readonly TombstonePart[],
): Promise<ImageFile> {
  const contents = await writeBlockFile({
    disk,
    path: `${directory}/${name}`,
    kind: blockFileKinds.tombstones,
    words: parts.map(({ rowCount }) => rowCount),
    regions: parts.map(({ bytes }) => ({ name, bytes })),
    signal,
  });
  return { name, ...contents };
}

export interface TombstonePart {
  readonly rowCount: number;
  /** Bit `row` is set for a dead one; the bits behind the last row are not. */
  readonly bytes: Uint8Array;
}

export const tombstoneBytes = (rowCount: number): number => 4 * Math.ceil(rowCount / 32);

/** @throws DamagedFileError */
export async function readTombstones(
  image: StoredImage,
  rowCounts: readonly number[],
): Promise<readonly TombstonePart[]> {
  const parts = rowCounts.map((rowCount) => ({ rowCount, bytes: new Uint8Array(tombstoneBytes(rowCount)) }));
  await readBlockFile({
    disk: image.disk,
    path: `${image.directory}/${name}`,
    file: `${image.name}/${name}`,
    kind: blockFileKinds.tombstones,
    ...contentsOf(image, name),
    regions: ({ words }, damaged) => {
      const isOfParts = words.length === parts.length && words.every((rows, i) => rows === rowCounts[i]);
      if (!isOfParts) throw damaged(`is of files of ${words} rows, not of ${rowCounts}`);
      return parts.map(({ bytes }) => ({ name, bytes }));
    },
  });
  return parts;
}

/** Of the part, in their order. */
export function* deadRows({ rowCount, bytes }: TombstonePart): Iterable<number> {
  assert(bytes.length === tombstoneBytes(rowCount), "there is a bit for each row");
  for (const [at, byte] of bytes.entries()) {
    for (let bits = byte; bits !== 0; bits &= bits - 1) yield 8 * at + Math.log2(bits & -bits);
  }
}

/** For a spread: absent where there is no such file, which reading it tells. */
export function contentsOf({ files }: StoredImage, file: string) {
  const contents = files.get(file);
  return contents === undefined ? {} : { contents };
}
