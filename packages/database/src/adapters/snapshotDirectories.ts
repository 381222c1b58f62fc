import { createReadStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { notFound, parseId, type SnapshotDownload, type SnapshotId } from "@akidb/base";
import { nodeDisk } from "@akidb/engine";

const creatingSuffix = ".creating";
const downloadingSuffix = ".downloading";
const deletedSuffix = ".deleted";
const passingSuffixes: ReadonlySet<string> = new Set([creatingSuffix, downloadingSuffix, deletedSuffix]);

/** Where the snapshots of one collection live: `snapshots/<id>`, with a suffix while they come or go. */
export class SnapshotDirectories {
  readonly #collectionPath: string;
  readonly #root: string;

  /** @param collectionPath the collection's own directory */
  constructor(collectionPath: string) {
    this.#collectionPath = collectionPath;
    this.#root = join(collectionPath, "snapshots");
  }

  path(id: SnapshotId): string {
    return join(this.#root, id);
  }

  /** In order of creation. */
  async list(): Promise<readonly SnapshotId[]> {
    const names = await namesIn(this.#root);
    return names.flatMap((name) => (name.length === 36 ? (parseId<"snapshot">(name) ?? []) : [])).sort();
  }

  /** @returns a path where nothing is */
  async beginCreation(id: SnapshotId): Promise<string> {
    await this.#makeRoot();
    return `${this.path(id)}${creatingSuffix}`;
  }

  /** Everything in it is durable by now; when this resolves, so is its name. */
  async finishCreation(id: SnapshotId): Promise<void> {
    await rename(`${this.path(id)}${creatingSuffix}`, this.path(id));
    await nodeDisk.syncDirectory(this.#root);
    // The first snapshot has made the directory of all, or one did that a crash ended.
    await nodeDisk.syncDirectory(this.#collectionPath);
  }

  async abandonCreation(id: SnapshotId): Promise<void> {
    await rm(`${this.path(id)}${creatingSuffix}`, { recursive: true, force: true });
  }

  /**
   * One at a time; what a crash left of another goes.
   *
   * @returns a path where nothing is
   */
  async beginDownload(id: SnapshotId): Promise<string> {
    await this.#makeRoot();
    for (const name of await namesIn(this.#root)) {
      if (name.endsWith(downloadingSuffix))
        await rm(join(this.#root, name), { recursive: true, force: true });
    }
    return `${this.path(id)}${downloadingSuffix}`;
  }

  async finishDownload(id: SnapshotId): Promise<void> {
    await rename(`${this.path(id)}${downloadingSuffix}`, this.path(id));
    await nodeDisk.syncDirectory(this.#root);
    await nodeDisk.syncDirectory(this.#collectionPath);
  }

  async abandonDownload(id: SnapshotId): Promise<void> {
    await rm(`${this.path(id)}${downloadingSuffix}`, { recursive: true, force: true });
  }

  async delete(id: SnapshotId): Promise<void> {
    const deleted = `${this.path(id)}${deletedSuffix}`;
    await rename(this.path(id), deleted);
    await nodeDisk.syncDirectory(this.#root);
    await rm(deleted, { recursive: true, force: true });
  }

  /** Removes what a crash left of snapshots that were coming or going. */
  async removeLeftovers(): Promise<void> {
    for (const name of await namesIn(this.#root)) {
      if (name.endsWith(creatingSuffix) || name.endsWith(deletedSuffix)) await this.removePassing(name);
    }
  }

  /** Names of what comes or goes, or did when a crash ended it, with the snapshots that they are of. */
  async passing(): Promise<ReadonlyMap<string, SnapshotId>> {
    const found = new Map<string, SnapshotId>();
    for (const name of await namesIn(this.#root)) {
      const id = parseId<"snapshot">(name.slice(0, 36));
      if (id !== undefined && passingSuffixes.has(name.slice(36))) found.set(name, id);
    }
    return found;
  }

  async removePassing(name: string): Promise<void> {
    await rm(join(this.#root, name), { recursive: true, force: true });
  }

  /** That of a collection which has gone must not come back, so nothing above it is made. */
  async #makeRoot(): Promise<void> {
    await mkdir(this.#root).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") throw notFound("the collection");
      if (error.code !== "EEXIST") throw error;
    });
  }

  /** Of a file of a snapshot; undefined where it is missing. */
  async sizeOf(id: SnapshotId, name: string): Promise<number | undefined> {
    return (await stat(join(this.path(id), name), { throwIfNoEntry: false }).catch(() => undefined))?.size;
  }

  /** What is deleted meanwhile is read to its end all the same. */
  async openFile(id: SnapshotId, name: string): Promise<SnapshotDownload> {
    const path = join(this.path(id), name);
    const { size } = await stat(path);
    const stream = createReadStream(path);
    await new Promise<void>((resolve, reject) => stream.once("open", () => resolve()).once("error", reject));
    return { sizeBytes: size, body: Readable.toWeb(stream) as ReadableStream<Uint8Array> };
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
