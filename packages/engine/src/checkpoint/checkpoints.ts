import type { CollectionId, Metric } from "@akidb/base";
import { DamagedFileError } from "../damagedFileError.ts";
import type { Disk } from "../disk/disk.ts";
import type { ImageFile, IndexImage, SealedFiles, StoredImage } from "../index/indexImage.ts";
import { payloadFileName, writePayloadFile } from "../payload/stored/payloadFile.ts";
import type { PayloadImage } from "../payload/stored/payloadImage.ts";
import { checkpointDamage } from "./checkpointDamage.ts";
import {
  type CheckpointManifest,
  decodeManifest,
  encodeManifest,
  type ManifestFile,
  manifestFileName,
} from "./checkpointManifest.ts";
import {
  type CheckpointName,
  checkpointDirectoryName,
  compareCheckpoints,
  parseCheckpointDirectoryName,
} from "./checkpointName.ts";
import { readWhole } from "./readWhole.ts";
import { replaceFile } from "./replaceFile.ts";
import { type RowsImage, rowsFileName, writeRowsFile } from "./rowsFile.ts";

/** The newest, and one to fall back to. */
const keptCount = 2;

export interface CheckpointsOptions {
  readonly disk: Disk;
  /** Of all checkpoints of the collection. */
  readonly directory: string;
  readonly collectionId: CollectionId;
  readonly dimension: number;
  readonly metric: Metric;
}

/** A collection at one moment. */
export interface CheckpointImage {
  readonly lsn: number;
  readonly index: IndexImage;
  readonly rows: RowsImage;
  /** Undefined where it is not complete, and so is made of the documents again after a restart. */
  readonly payload: PayloadImage | undefined;
}

export interface CheckpointWrite {
  readonly signal: AbortSignal;
  /** Resolves when everything else that recovery needs is durable up to the checkpoint's LSN. */
  readonly settle: () => Promise<void>;
}

/** A checkpoint that is complete. */
export interface Checkpoint extends CheckpointName {
  readonly manifest: CheckpointManifest;
}

export interface StoredCheckpoint extends StoredImage {
  readonly manifest: CheckpointManifest;
  /** To be told of a file that is not what was written where the checkpoint is of use without it: it leaves it then. */
  readonly spare: (file: string) => void;
}

/**
 * The checkpoints of a collection on disk. One is complete when its manifest has its name; whatever a crash leaves before
 * that is a directory without one, which the next start removes. One writes at a time.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions;
  /** Oldest first. */
  #checkpoints: readonly Checkpoint[] = [];
  /** Directories that are not what was written, by their names. */
  readonly #damaged = new Set<string>();
  /** Files that are not what was written, of checkpoints that do without them. */
  #spared: readonly SparedFile[] = [];
  #sealedFiles: SealedFiles = new WeakMap();

  constructor(options: CheckpointsOptions) {
    this.#options = options;
  }

  get newest(): Checkpoint | undefined {
    return this.#checkpoints.at(-1);
  }

  /** The log is needed from behind it on; 0 while there is nothing to fall back to but the whole log. */
  get coveredLsn(): number {
    return this.#checkpoints.length < keptCount ? 0 : this.#checkpoints[0]!.lsn;
  }

  /** Files that several checkpoints share count once. */
  get bytes(): number {
    const sizes = this.#checkpoints
      .flatMap(({ manifest }) => manifest.files)
      .map(({ name, bytes, checksum }) => [`${name} ${checksum}`, bytes] as const);
    return [...new Map(sizes).values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /**
   * Loads the newest checkpoint that is what was written.
   *
   * @param load asked for one after the other, newest first, as long as it throws DamagedFileError
   * @returns what it loaded, if there was a checkpoint, and what was found damaged before
   * @throws DamagedFileError where a newer version wrote a checkpoint; any error of `load` that tells of no damage
   */
  async loadNewest<Loaded>(load: (stored: StoredCheckpoint) => Promise<Loaded>): Promise<{
    readonly loaded: Loaded | undefined;
    readonly damages: readonly DamagedFileError[];
  }> {
    const damages: DamagedFileError[] = [];
    const names = await this.#list();
    const checkpoints: Checkpoint[] = [];
    let loaded: Loaded | undefined;
    for (const name of names.toReversed()) {
      const directoryName = checkpointDirectoryName(name);
      try {
        const manifest = await this.#readManifest(name);
        if (manifest === undefined) continue;
        const sealedFiles: SealedFiles = new WeakMap();
        // Of older ones it is enough that they were completed.
        if (checkpoints.length === 0) {
          loaded = await load(this.#stored(name, manifest, sealedFiles));
          this.#sealedFiles = sealedFiles;
        }
        checkpoints.unshift({ ...name, manifest });
      } catch (error) {
        const damage = checkpointDamage(error, `checkpoint/${directoryName}`);
        if (damage === undefined || damage.isNewerFormat) throw error;
        damages.push(damage);
        this.#damaged.add(directoryName);
      }
    }
    this.#checkpoints = checkpoints;
    return { loaded, damages };
  }

  /**
   * Puts damaged checkpoints and files aside, under names that nothing reads, and removes what crashes left and what is not
   * needed any more. To be called once the collection is whole without them.
   */
  async tidy(): Promise<void> {
    for (const spared of this.#spared) await this.#drop(spared);
    this.#spared = [];
    for (const name of this.#damaged) {
      await this.#quarantine(name);
      this.#damaged.delete(name);
    }
    await this.#prune();
  }

  /**
   * Writes a checkpoint; durable when it resolves.
   *
   * @throws the disk's own error, the signal's reason, what `settle` throws: all is as before then, but for files that
   * count for nothing
   */
  async write(image: CheckpointImage, { signal, settle }: CheckpointWrite): Promise<Checkpoint> {
    const { disk } = this.#options;
    const name = await this.#nextName(image.lsn);
    const directory = this.path(name);
    await disk.makeDirectory(directory);
    try {
      const files = await image.index.write({ disk, directory, signal, sealedFiles: this.#sealedFiles });
      const rows = await writeRowsFile({ disk, directory, signal, image: image.rows });
      const payload = await writePayload({ disk, directory, signal }, image.payload);
      const manifest = this.#manifestOf(image, [...files, { name: rowsFileName, ...rows }, ...payload]);
      await settle();
      signal.throwIfAborted();
      // Links are names alone, which nothing has made durable yet.
      await disk.syncDirectory(directory);
      await replaceFile(disk, `${directory}/${manifestFileName}`, (file) =>
        file.write([encodeManifest(manifest)], 0),
      );
      const checkpoint = { ...name, manifest };
      this.#checkpoints = [...this.#checkpoints, checkpoint];
      this.#remember(directory, files);
      return checkpoint;
    } finally {
      // Of what failed, too. What cannot be removed now is removed by the next write or start.
      await this.#prune().catch(() => {});
    }
  }

  /** Where it is, as long as it is kept. */
  path(name: CheckpointName): string {
    return `${this.#options.directory}/${checkpointDirectoryName(name)}`;
  }

  /** Oldest first. */
  async #list(): Promise<readonly CheckpointName[]> {
    const entries = await this.#options.disk.list(this.#options.directory);
    return entries
      .map(parseCheckpointDirectoryName)
      .filter((name) => name !== undefined)
      .sort(compareCheckpoints);
  }

  async #nextName(lsn: number): Promise<CheckpointName> {
    const same = (await this.#list()).filter((name) => name.lsn === lsn);
    return { lsn, generation: (same.at(-1)?.generation ?? 0) + 1 };
  }

  /** @returns undefined where there is none: the checkpoint was never completed */
  async #readManifest(name: CheckpointName): Promise<CheckpointManifest | undefined> {
    const { disk, collectionId, dimension, metric } = this.#options;
    const directory = this.path(name);
    if (!(await disk.list(directory)).includes(manifestFileName)) return undefined;
    const displayName = `checkpoint/${checkpointDirectoryName(name)}/${manifestFileName}`;
    const bytes = await readWhole(disk, `${directory}/${manifestFileName}`, displayName);
    const reading = decodeManifest(bytes);
    switch (reading.kind) {
      case "damaged":
        throw new DamagedFileError(displayName, "does not match its checksum");
      case "newer": {
        const reason = `written in manifest format ${reading.version} by a newer AkiDB`;
        throw new DamagedFileError(displayName, reason, { isNewerFormat: true });
      }
      case "valid": {
        const { manifest } = reading;
        const wanted = { collectionId, dimension, metric, lsn: name.lsn };
        for (const field of Object.keys(wanted) as (keyof typeof wanted)[]) {
          if (manifest[field] === wanted[field]) continue;
          throw new DamagedFileError(displayName, `is of ${field} ${manifest[field]}, not ${wanted[field]}`);
        }
        return manifest;
      }
    }
  }

  #stored(name: CheckpointName, manifest: CheckpointManifest, sealedFiles: SealedFiles): StoredCheckpoint {
    return {
      manifest,
      kind: manifest.index,
      disk: this.#options.disk,
      directory: this.path(name),
      name: `checkpoint/${checkpointDirectoryName(name)}`,
      files: new Map(manifest.files.map((file) => [file.name, file])),
      sealedFiles,
      spare: (file) => {
        this.#spared = [...this.#spared, { name, manifest, file }];
      },
    };
  }

  #manifestOf({ lsn, index }: CheckpointImage, files: readonly ImageFile[]): CheckpointManifest {
    const { collectionId, dimension, metric } = this.#options;
    return {
      collectionId,
      lsn,
      dimension,
      metric,
      index: index.kind,
      rowCount: index.rowCount,
      deadCount: index.deadCount,
      linkedCount: index.linkedCount,
      files: files.map(
        ({ name, bytes, checksum, sealed }): ManifestFile => ({
          name,
          bytes,
          checksum,
          isSealed: sealed !== undefined,
        }),
      ),
    };
  }

  #remember(directory: string, files: readonly ImageFile[]): void {
    for (const { name, bytes, checksum, sealed } of files) {
      if (sealed !== undefined)
        this.#sealedFiles.set(sealed, { path: `${directory}/${name}`, bytes, checksum });
    }
  }

  async #prune(): Promise<void> {
    const kept = this.#checkpoints.slice(-keptCount);
    const keptNames = kept.map(checkpointDirectoryName);
    this.#checkpoints = kept;
    for (const name of await this.#list()) {
      const directoryName = checkpointDirectoryName(name);
      if (!keptNames.includes(directoryName) && !this.#damaged.has(directoryName)) await this.#remove(name);
    }
  }

  /** The manifest first, for good: what a crash leaves of the rest does not pass for a checkpoint. */
  async #remove(name: CheckpointName): Promise<void> {
    const { disk } = this.#options;
    const directory = this.path(name);
    const entries = await disk.list(directory);
    if (entries.includes(manifestFileName)) {
      await disk.remove(`${directory}/${manifestFileName}`);
      await disk.syncDirectory(directory);
    }
    for (const entry of entries) if (entry !== manifestFileName) await disk.remove(`${directory}/${entry}`);
    await disk.removeDirectory(directory);
  }

  /** The manifest first, at once: a crash leaves a file beside it that nobody reads. */
  async #drop({ name, manifest, file }: SparedFile): Promise<void> {
    const { disk } = this.#options;
    const directory = this.path(name);
    const rest = { ...manifest, files: manifest.files.filter((each) => each.name !== file) };
    await replaceFile(disk, `${directory}/${manifestFileName}`, (target) =>
      target.write([encodeManifest(rest)], 0),
    );
    this.#checkpoints = this.#checkpoints.map((each) =>
      each.manifest === manifest ? { ...each, manifest: rest } : each,
    );
    if (!(await disk.list(directory)).includes(file)) return;
    await disk.rename(`${directory}/${file}`, `${directory}/${file}.damaged`);
    await disk.syncDirectory(directory);
  }

  async #quarantine(name: string): Promise<void> {
    const { disk, directory } = this.#options;
    const entries = await disk.list(directory);
    let aside = `${name}.damaged`;
    for (let n = 2; entries.includes(aside); n++) aside = `${name}.damaged-${n}`;
    await disk.rename(`${directory}/${name}`, `${directory}/${aside}`);
    await disk.syncDirectory(directory);
  }
}

interface SparedFile {
  readonly name: CheckpointName;
  readonly manifest: CheckpointManifest;
  readonly file: string;
}

async function writePayload(
  write: { readonly disk: Disk; readonly directory: string; readonly signal: AbortSignal },
  image: PayloadImage | undefined,
): Promise<readonly ImageFile[]> {
  return image === undefined
    ? []
    : [{ name: payloadFileName, ...(await writePayloadFile({ ...write, image })) }];
}
