import type { DocumentId } from "@akidb/base";
import type { ResolvedDocument } from "../collection/mutation.ts";
import type { DocumentTexts } from "./documentTexts.ts";

/** What a write leaves of each document that it touches; undefined: it is deleted. */
export type DocumentChanges = ReadonlyMap<DocumentId, ResolvedDocument | undefined>;

/** The documents of a collection in one file, as of an LSN. One writes at a time; reads go on meanwhile. */
export interface DocumentFile {
  readonly path: string;
  /** Of the last write that was committed. */
  readonly appliedLsn: number;
  readonly count: number;
  /** On disk. */
  readonly bytes: number;
  /** What it keeps in memory at most. */
  readonly memoryBytes: number;
  readonly texts: DocumentTexts;

  /** @throws DamagedFileError where the document is not what was written */
  read(id: DocumentId): ResolvedDocument | undefined;

  /**
   * The same of many, all of one moment.
   *
   * @throws DamagedFileError where one of them is not what was written
   */
  readMany(ids: readonly DocumentId[]): readonly (ResolvedDocument | undefined)[];

  ids(): Iterable<DocumentId>;

  /** Documents that expire, in the order in which they do; what is given was not looked up in the documents themselves. */
  expirations(): Iterable<readonly [id: DocumentId, expiresAtMs: number]>;

  /**
   * The next ids, in ascending order.
   *
   * @param after from the first one on if undefined
   * @throws DamagedFileError
   */
  idsAfter(after: DocumentId | undefined, count: number): readonly DocumentId[];

  /**
   * Takes the file from its LSN to another, in one transaction. It survives the process when the promise resolves, and a
   * power cut after the next {@link DocumentFile.sync}; what a power cut leaves is an earlier LSN, whole.
   *
   * @throws DamagedFileError; AkiDbError `unavailable` where the disk is full or fails. The file is as it was.
   */
  write(changes: DocumentChanges, appliedLsn: number): Promise<void>;

  /** Everything written is on the device when it resolves. Not during a write. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file that was not what had been written, and what became of it. */
export interface DocumentFileDamage {
  readonly reason: string;
  /** The name it has now, beside the new one. */
  readonly quarantinedAs: string;
  /** Documents that could be read and passed their checksum: they are in the new file. */
  readonly salvagedCount: number;
  /** Of the damaged file, if that much could be read. The new one is at 0 and wants all of the log that there is. */
  readonly appliedLsn: number | undefined;
}
