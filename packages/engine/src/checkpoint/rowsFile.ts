import type { Disk } from "../disk/disk.ts";
import type { StoredImage } from "../index/indexImage.ts";
import { contentsOf } from "../index/tombstoneFile.ts";
import { blockFileKinds } from "./blockFileHeader.ts";
import type { FileContents } from "./fileContents.ts";
import { readBlockFile } from "./readBlockFile.ts";
import type { Damaged } from "./readBlocks.ts";
import { writeBlockFile } from "./writeBlockFile.ts";

export const rowsFileName = "rows";

/** Whose documents the rows of an index are: bytes that stay as they are until they are written. */
export interface RowsImage {
  /** What tells how the parts are to be read. */
  readonly words: readonly number[];
  readonly parts: readonly Uint8Array[];
}

export interface RowsFileWrite {
  readonly disk: Disk;
  readonly directory: string;
  readonly image: RowsImage;
  readonly signal: AbortSignal;
}

export function writeRowsFile({ disk, directory, image, signal }: RowsFileWrite): Promise<FileContents> {
  return writeBlockFile({
    disk,
    path: `${directory}/${rowsFileName}`,
    kind: blockFileKinds.rows,
    words: image.words,
    regions: image.parts.map((bytes) => ({ name: rowsFileName, bytes })),
    signal,
  });
}

/**
 * @param parts memory to read the image's parts into
 * @throws DamagedFileError
 */
export function readRowsFile(
  stored: StoredImage,
  parts: (words: readonly number[], damaged: Damaged) => readonly Uint8Array[],
): Promise<void> {
  return readBlockFile({
    disk: stored.disk,
    path: `${stored.directory}/${rowsFileName}`,
    file: `${stored.name}/${rowsFileName}`,
    kind: blockFileKinds.rows,
    ...contentsOf(stored, rowsFileName),
    regions: ({ words }, damaged) => parts(words, damaged).map((bytes) => ({ name: rowsFileName, bytes })),
  });
}
