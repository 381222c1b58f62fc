import type { Segment } from "@akidb/kernel";
import type { FileContents } from "../checkpoint/fileContents.ts";
import type { Disk } from "../disk/disk.ts";

/** What an index was at one moment, to be written while rows are added, removed and searched for. */
export interface IndexImage {
  readonly kind: IndexKind;
  readonly rowCount: number;
  readonly deadCount: number;
  readonly linkedCount: number;
  /**
   * Writes the index's files; they are durable when it resolves. Builders get each segment back as soon as its graph is
   * written.
   *
   * @throws the disk's own error, or the signal's reason; what is written until then is to be removed
   */
  write(target: ImageTarget): Promise<readonly ImageFile[]>;
}

export type IndexKind = "flat" | "graph";

export interface ImageTarget {
  readonly disk: Disk;
  /** Exists, and has none of the files. */
  readonly directory: string;
  readonly sealedFiles: SealedFiles;
  readonly signal: AbortSignal;
}

export interface ImageFile extends FileContents {
  readonly name: string;
  /** The segment of a file that stays as it is from now on. */
  readonly sealed?: Segment;
}

/** Where files are of segments that do not change any more, but for their tombstones. */
export type SealedFiles = WeakMap<Segment, SealedFile>;

export interface SealedFile extends FileContents {
  readonly path: string;
}

/** Files that an image wrote, to be loaded. */
export interface StoredImage {
  readonly kind: IndexKind;
  readonly disk: Disk;
  readonly directory: string;
  /** How the directory is called in messages. */
  readonly name: string;
  /** By their names, what a manifest says of them. */
  readonly files: ReadonlyMap<string, FileContents>;
  /** Is told of segments that do not change any more. */
  readonly sealedFiles: SealedFiles;
}
