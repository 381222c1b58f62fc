import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type CollectionId, parseId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { type ClosedCollectionFiles, nodeDisk } from "@akidb/engine";
import {
  creatingSuffix,
  deletedSuffix,
  fetchingSuffix,
  PassingDirectories,
  promotingSuffix,
  replacedSuffix,
  restoringSuffix,
  unwantedSuffix,
} from "./passingDirectories.ts";

/** What the catalog says. */
export interface KnownCollections {
  readonly known: ReadonlySet<CollectionId>;
  /** Whether there are no others: rows that are damaged may have been some. */
  readonly isComplete: boolean;
}

/** What is there beside the files of collections that are known. */
export interface LeftCollections {
  readonly orphans: readonly string[];
  readonly deleted: readonly CollectionId[];
}

/** A collection's files: which ones are served, the catalog says. */
export type CollectionFilesOf = Pick<CollectionRecord, "id" | "generation">;

/** Of the files of a generation, below the directory of their collection. */
const generationName = /^g([1-9]\d{0,9})(?:\.creating)?$/;

/** Of those that a collection was created with, which lie in its directory itself. */
const isOfFirstGeneration = (name: string): boolean =>
  /^(?:wal|checkpoint|closed\.json|RESTORES\.json(?:\.new)?|documents\.db.*)$/.test(name);

/**
 * Where the files of collections live: `<data>/collections/<id>`, and below it, once its texts were embedded anew, in `g<n>`
 * for generation n; snapshots of all generations are in one place. A collection that is being created or deleted has a
 * suffix, so that whatever a crash leaves in between is told apart from a collection that exists.
 */
export class CollectionDirectories {
  /** Those with a suffix. */
  readonly passing: PassingDirectories;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.passing = new PassingDirectories(root);
  }

  static async open(dataDirectory: string): Promise<CollectionDirectories> {
    const root = join(dataDirectory, "collections");
    await mkdir(root, { recursive: true });
    await nodeDisk.syncDirectory(dataDirectory);
    return new CollectionDirectories(root);
  }

  path(id: CollectionId): string {
    return join(this.#root, id);
  }

  /** Log, documents and checkpoints. */
  filesPath({ id, generation }: CollectionFilesOf): string {
    return this.#filesIn(this.path(id), generation);
  }

  /** For what looks at them. */
  filesOf({ id, generation }: CollectionFilesOf): ClosedCollectionFiles {
    return { disk: nodeDisk, directory: this.filesPath({ id, generation }), collectionId: id };
  }

  /** Of the files of a generation that is being made; nothing is there yet. */
  async beginGeneration({ id, generation }: CollectionFilesOf): Promise<string> {
    const path = `${this.filesPath({ id, generation })}${creatingSuffix}`;
    await rm(path, { recursive: true, force: true });
    return path;
  }

  async finishGeneration(files: CollectionFilesOf): Promise<void> {
    await rename(`${this.filesPath(files)}${creatingSuffix}`, this.filesPath(files));
    await nodeDisk.syncDirectory(this.path(files.id));
  }

  async hasGeneration({ id, generation }: CollectionFilesOf): Promise<boolean> {
    const names = await readdir(this.path(id));
    return names.includes(generation === 0 ? "wal" : `${generationPrefix}${generation}`);
  }

  /** Those below the collection's directory, the first one but where it has no log. */
  async generations(id: CollectionId): Promise<readonly number[]> {
    const names = await nodeDisk.list(this.path(id));
    const later = names.flatMap((name) => generationName.exec(name)?.[1] ?? []).map(Number);
    return names.includes("wal") ? [0, ...later] : later;
  }

  /** What a crash leaves of it is removed by the next call. */
  async removeGeneration(files: CollectionFilesOf): Promise<void> {
    const root = this.path(files.id);
    for (const name of await this.namesOfGeneration(files)) {
      await rm(join(root, name), { recursive: true, force: true });
    }
  }

  /** Below the collection's directory, in the order of their removal. */
  async namesOfGeneration({ id, generation }: CollectionFilesOf): Promise<readonly string[]> {
    const names = await nodeDisk.list(this.path(id));
    if (generation !== 0) {
      return names.filter((name) => name.replace(creatingSuffix, "") === `${generationPrefix}${generation}`);
    }
    // The log last: it tells that there is something.
    return names.filter(isOfFirstGeneration).sort((a, b) => Number(a === "wal") - Number(b === "wal"));
  }

  /** Where a collection that is restored gets its files. */
  restoringFilesPath({ id, generation }: CollectionFilesOf): string {
    return this.#filesIn(this.restoringPath(id), generation);
  }

  creatingPath(id: CollectionId): string {
    return this.passing.begin(`${id}${creatingSuffix}`);
  }

  async finishCreation(id: CollectionId): Promise<void> {
    await rename(this.creatingPath(id), this.path(id));
    await nodeDisk.syncDirectory(this.#root);
    this.passing.end(`${id}${creatingSuffix}`);
  }

  abandonCreation(id: CollectionId): Promise<void> {
    return this.passing.abandon(`${id}${creatingSuffix}`);
  }

  async beginDeletion(id: CollectionId): Promise<void> {
    await rename(this.path(id), this.#deletedPath(id));
    await nodeDisk.syncDirectory(this.#root);
  }

  async revokeDeletion(id: CollectionId): Promise<void> {
    await rename(this.#deletedPath(id), this.path(id));
    await nodeDisk.syncDirectory(this.#root);
  }

  /** Its directory stays, and tells the next start that it was deleted, until all else of it is gone. */
  async emptyDeleted(id: CollectionId): Promise<void> {
    const directory = this.#deletedPath(id);
    for (const name of await readdir(directory)) {
      await rm(join(directory, name), { recursive: true, force: true });
    }
  }

  async finishDeletion(id: CollectionId): Promise<void> {
    await rm(this.#deletedPath(id), { recursive: true, force: true });
  }

  restoringPath(id: CollectionId): string {
    return this.passing.begin(`${id}${restoringSuffix}`);
  }

  abandonRestoring(id: CollectionId): Promise<void> {
    return this.passing.abandon(`${id}${restoringSuffix}`);
  }

  /** Puts the restored files in the place of the collection's own; its snapshots stay with it. */
  async finishRestoring(id: CollectionId): Promise<void> {
    await this.#replaceBy(this.restoringPath(id), id).finally(() =>
      this.passing.end(`${id}${restoringSuffix}`),
    );
  }

  /** Below the data directory. */
  relativePath(id: CollectionId): string {
    return `collections/${basename(this.path(id))}`;
  }

  /** The files that a cold collection gets back, while they are made; a crash leaves nothing of them that counts. */
  promotingPath(id: CollectionId): string {
    return this.passing.begin(`${id}${promotingSuffix}`);
  }

  promotingFilesPath({ id, generation }: CollectionFilesOf): string {
    return this.#filesIn(this.promotingPath(id), generation);
  }

  /** The snapshot that they are made from. */
  fetchingPath(id: CollectionId): string {
    return this.passing.begin(`${id}${fetchingSuffix}`);
  }

  abandonFetching(id: CollectionId): Promise<void> {
    return this.passing.abandon(`${id}${fetchingSuffix}`);
  }

  abandonPromotion(id: CollectionId): Promise<void> {
    return this.passing.abandon(`${id}${promotingSuffix}`);
  }

  /** Puts them in the place of what is there of it; its snapshots stay with it. */
  async finishPromotion(id: CollectionId): Promise<void> {
    await this.#replaceBy(this.promotingPath(id), id).finally(() =>
      this.passing.end(`${id}${promotingSuffix}`),
    );
  }

  /** Of a cold collection, which may come from elsewhere; where the disk failed while its files changed places, that ends first. */
  async ensure(id: CollectionId): Promise<void> {
    await this.#settleReplaced(id);
    await nodeDisk.makeDirectory(this.path(id));
  }

  /** Removes a collection's files but for those whose names are kept, wherever they are. */
  async removeFilesBut(files: CollectionFilesOf, isKept: (name: string) => boolean): Promise<void> {
    const root = this.path(files.id);
    const own = this.filesPath(files);
    await removeAllBut(root, (name) => isKept(name) || join(root, name) === own);
    if (own !== root) await removeAllBut(own, isKept);
  }

  /** Whether there are others. */
  async hasFilesBut(files: CollectionFilesOf, isKept: (name: string) => boolean): Promise<boolean> {
    const root = this.path(files.id);
    const own = this.filesPath(files);
    if ((await nodeDisk.list(root)).some((name) => !isKept(name) && join(root, name) !== own)) return true;
    return own !== root && (await nodeDisk.list(own)).some((name) => !isKept(name));
  }

  /**
   * Settles what a crash left half done, by what the catalog says: it is the truth about which collections exist. Where it
   * is not complete, nothing is removed.
   *
   * @returns directories of collections that the catalog does not know, and collections that are deleted, of which there
   * may be something elsewhere, too
   */
  async recover({ known, isComplete }: KnownCollections): Promise<LeftCollections> {
    const orphans: string[] = [];
    const deleted: CollectionId[] = [];
    const restored = new Set<CollectionId>();
    for (const name of await readdir(this.#root)) {
      const id = parseId<"collection">(name.slice(0, 36));
      const suffix = name.slice(36);
      if (id === undefined) continue;
      if (!known.has(id) && !isComplete) {
        orphans.push(name);
        continue;
      }
      if (suffix === unwantedSuffix) await rm(join(this.#root, name), { recursive: true, force: true });
      if (suffix === promotingSuffix) await this.abandonPromotion(id);
      if (suffix === fetchingSuffix) await this.abandonFetching(id);
      if (suffix === restoringSuffix || suffix === replacedSuffix) restored.add(id);
      if (suffix === creatingSuffix) {
        await (known.has(id) ? this.finishCreation(id) : this.abandonCreation(id));
      } else if (suffix === deletedSuffix) {
        if (known.has(id)) await this.revokeDeletion(id);
        else deleted.push(id);
      } else if (suffix === "" && !known.has(id)) {
        orphans.push(name);
      }
    }
    for (const id of restored) {
      if (known.has(id)) {
        await this.#settleRestoring(id);
      } else {
        await this.abandonRestoring(id);
        await rm(this.#replacedPath(id), { recursive: true, force: true });
      }
    }
    return { orphans, deleted };
  }

  /** The collection's own directory moves away first: while it is there, the restored files are not decided. */
  async #settleRestoring(id: CollectionId): Promise<void> {
    const names = await readdir(this.#root);
    const has = (suffix: string): boolean => names.includes(`${id}${suffix}`);
    if (has("")) {
      await this.abandonRestoring(id);
      if (has(replacedSuffix)) await this.#dropReplaced(id);
    } else if (has(restoringSuffix) && has(replacedSuffix)) {
      await rename(this.restoringPath(id), this.path(id));
      await nodeDisk.syncDirectory(this.#root);
      await this.#dropReplaced(id);
    } else if (has(replacedSuffix)) {
      await rename(this.#replacedPath(id), this.path(id));
      await nodeDisk.syncDirectory(this.#root);
    }
  }

  async #replaceBy(made: string, id: CollectionId): Promise<void> {
    const path = this.path(id);
    await this.#settleReplaced(id);
    await rename(path, this.#replacedPath(id));
    try {
      await nodeDisk.syncDirectory(this.#root);
      await rename(made, path);
    } catch (error) {
      // The process goes on with what was there. Where the disk refuses this, too, whatever comes next begins with it.
      await this.#settleReplaced(id).catch(() => {});
      throw error;
    }
    await nodeDisk.syncDirectory(this.#root);
    await this.#dropReplaced(id);
  }

  /** In a process that goes on: whoever made files anew was told that it failed, unless they have the collection's name. */
  async #settleReplaced(id: CollectionId): Promise<void> {
    const names = await readdir(this.#root);
    if (!names.includes(basename(this.#replacedPath(id)))) return;
    if (names.includes(id)) return await this.#dropReplaced(id);
    await rename(this.#replacedPath(id), this.path(id));
    await nodeDisk.syncDirectory(this.#root);
  }

  async #dropReplaced(id: CollectionId): Promise<void> {
    const snapshots = join(this.#replacedPath(id), "snapshots");
    if ((await readdir(this.#replacedPath(id))).includes("snapshots")) {
      await rename(snapshots, join(this.path(id), "snapshots"));
      await nodeDisk.syncDirectory(this.path(id));
    }
    await rm(this.#replacedPath(id), { recursive: true, force: true });
  }

  #filesIn(root: string, generation: number): string {
    return generation === 0 ? root : join(root, `${generationPrefix}${generation}`);
  }

  #replacedPath(id: CollectionId): string {
    return join(this.#root, `${id}${replacedSuffix}`);
  }

  #deletedPath(id: CollectionId): string {
    return join(this.#root, `${id}${deletedSuffix}`);
  }
}

async function removeAllBut(directory: string, isKept: (name: string) => boolean): Promise<void> {
  const names = (await nodeDisk.list(directory)).filter((name) => !isKept(name));
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
  if (names.length > 0) await nodeDisk.syncDirectory(directory);
}

const generationPrefix = "g";
