import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type CollectionId, parseId } from "@akidb/base";
import { nodeDisk } from "@akidb/engine";

/**
 * Where the files of collections live: `<data>/collections/<id>`. A collection that is being created or deleted has a
 * suffix, so that whatever a crash leaves in between is told apart from a collection that exists.
 */
export class CollectionDirectories {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
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

  creatingPath(id: CollectionId): string {
    return join(this.#root, `${id}${creatingSuffix}`);
  }

  async finishCreation(id: CollectionId): Promise<void> {
    await rename(this.creatingPath(id), this.path(id));
    await nodeDisk.syncDirectory(this.#root);
  }

  async abandonCreation(id: CollectionId): Promise<void> {
    await rm(this.creatingPath(id), { recursive: true, force: true });
  }

  async beginDeletion(id: CollectionId): Promise<void> {
    await rename(this.path(id), this.#deletedPath(id));
    await nodeDisk.syncDirectory(this.#root);
  }

  async revokeDeletion(id: CollectionId): Promise<void> {
    await rename(this.#deletedPath(id), this.path(id));
    await nodeDisk.syncDirectory(this.#root);
  }

  async finishDeletion(id: CollectionId): Promise<void> {
    await rm(this.#deletedPath(id), { recursive: true, force: true });
  }

  /**
   * Settles what a crash left half done, by what the catalog says: it is the truth about which collections exist.
   *
   * @returns directories of collections that the catalog does not know
   */
  async recover(known: ReadonlySet<CollectionId>): Promise<readonly string[]> {
    const orphans: string[] = [];
    for (const name of await readdir(this.#root)) {
      const id = parseId<"collection">(name.slice(0, 36));
      const suffix = name.slice(36);
      if (id === undefined) continue;
      if (suffix === creatingSuffix) {
        await (known.has(id) ? this.finishCreation(id) : this.abandonCreation(id));
      } else if (suffix === deletedSuffix) {
        await (known.has(id) ? this.revokeDeletion(id) : this.finishDeletion(id));
      } else if (suffix === "" && !known.has(id)) {
        orphans.push(name);
      }
    }
    return orphans;
  }

  #deletedPath(id: CollectionId): string {
    return join(this.#root, `${id}${deletedSuffix}`);
  }
}

const creatingSuffix = ".creating";
const deletedSuffix = ".deleted";
