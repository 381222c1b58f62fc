import { DamagedFileError } from "../../damagedFileError.ts";
import type { Disk } from "../../disk/disk.ts";
import type { DocumentFileDamage } from "../../documents/documentFile.ts";
import { type Salvage, salvageDocuments } from "./salvageDocuments.ts";
import { SqliteDocumentFile, type SqliteDocumentFileOptions } from "./sqliteDocumentFile.ts";

const name = "documents.db";

/** SQLite's log and its index of it belong to the file. */
const suffixes = ["", "-wal", "-shm"];

const salvageName = `${name}.salvage`;
const damagedName = /^documents\.db\.damaged-(\d+)(?:-wal|-shm)?$/;

/** While it exists, the file is known to be damaged: found by a read, to be dealt with at the next start. */
export const suspicionName = `${name}.suspect`;

/** A larger file is not looked at as a whole after a crash: the check reads all of it, at about 1 GB/s. */
const checkedBytesMax = 256 * 1024 * 1024;

export interface DocumentFileOptions
  extends Pick<SqliteDocumentFileOptions, "textLanguage" | "onTextDamage"> {
  readonly disk: Disk;
  readonly directory: string;
}

/**
 * Opens `documents.db`, or makes it. SQLite itself undoes what a crash left unfinished. Where it was not closed in order,
 * every page is checked first, if they are not too many. A damaged file is renamed to `documents.db.damaged-<n>`, and
 * what can be read of it is copied into a new one.
 *
 * @throws DamagedFileError where a newer version wrote the file; AkiDbError `unavailable`; the disk's own errors
 */
export async function openDocumentFile(options: DocumentFileOptions): Promise<OpenedDocumentFile> {
  const { disk, directory, ...texts } = options;
  const path = `${directory}/${name}`;
  const names = await disk.list(directory);
  const sizeIfThere = async (file: string) =>
    names.includes(file) ? sizeOf(disk, `${directory}/${file}`) : 0;
  const [fileBytes, logBytes] = [await sizeIfThere(name), await sizeIfThere(`${name}-wal`)];
  try {
    if (names.includes(suspicionName)) throw new DamagedFileError(name, "was found damaged before");
    if (fileBytes === 0 && logBytes > 0) throw new DamagedFileError(name, "is missing beside its log");
    const check = logBytes > 0 && fileBytes <= checkedBytesMax;
    const file = new SqliteDocumentFile({ ...texts, path, name, check });
    if (fileBytes === 0) await disk.syncDirectory(directory);
    return { file };
  } catch (error) {
    if (!(error instanceof DamagedFileError) || error.isNewerFormat) throw error;
    return await replaceDamaged(options, error.message);
  }
}

export interface OpenedDocumentFile {
  readonly file: SqliteDocumentFile;
  readonly damage?: DocumentFileDamage;
}

/** A crash between any two steps is made good by the next start: as long as the suspicion is there, it begins again. */
async function replaceDamaged(options: DocumentFileOptions, reason: string): Promise<OpenedDocumentFile> {
  const { disk, directory, ...texts } = options;
  await suspectDocumentFile(options);
  const quarantinedAs = await quarantine(options);
  const salvagePath = `${directory}/${salvageName}`;
  for (const existing of await disk.list(directory)) {
    if (existing.startsWith(salvageName)) await disk.remove(`${directory}/${existing}`);
  }
  const target = new SqliteDocumentFile({ ...texts, path: salvagePath, name });
  let salvage: Salvage;
  try {
    salvage = await salvageDocuments(`${directory}/${quarantinedAs}`, target);
  } finally {
    // Moves everything into the file itself, and syncs it.
    await target.close();
  }
  await disk.rename(salvagePath, `${directory}/${name}`);
  await disk.syncDirectory(directory);
  await disk.remove(`${directory}/${suspicionName}`);
  const file = new SqliteDocumentFile({ ...texts, path: `${directory}/${name}`, name });
  return { file, damage: { reason, quarantinedAs, ...salvage } };
}

/** Lets the next start look at the file as a damaged one. */
export async function suspectDocumentFile({ disk, directory }: DocumentFileOptions): Promise<void> {
  if ((await disk.list(directory)).includes(suspicionName)) return;
  const file = await disk.createFile(`${directory}/${suspicionName}`);
  await file.close();
  await disk.syncDirectory(directory);
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.openFile(path);
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

/** @returns the damaged file's new name, or the one that it has already */
async function quarantine({ disk, directory }: DocumentFileOptions): Promise<string> {
  const names = await disk.list(directory);
  const numbers = names.flatMap((existing) => {
    const [, digits] = damagedName.exec(existing) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
  const newest = Math.max(0, ...numbers);
  const isNew = names.includes(name);
  const quarantinedAs = `${name}.damaged-${isNew || newest === 0 ? newest + 1 : newest}`;
  // The file last: what a crash leaves is still the newest damaged one.
  for (const suffix of suffixes.toReversed()) {
    if (!names.includes(name + suffix)) continue;
    await disk.rename(`${directory}/${name}${suffix}`, `${directory}/${quarantinedAs}${suffix}`);
  }
  await disk.syncDirectory(directory);
  return quarantinedAs;
}
