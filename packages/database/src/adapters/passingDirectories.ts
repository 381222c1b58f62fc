import { renameSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type CollectionId, parseId } from "@akidb/base";

export const creatingSuffix = ".creating";
export const deletedSuffix = ".deleted";
/** The files that a collection is to have, while they are made. */
export const restoringSuffix = ".restoring";
/** The files that it gets back from the object store, while they are made. */
export const promotingSuffix = ".promoting";
export const fetchingSuffix = ".fetching";
/** The files that it had. */
export const replacedSuffix = ".replaced";
/** What any of these was, on its way out. */
export const unwantedSuffix = ".unwanted";

const besideOwn: ReadonlySet<string> = new Set([restoringSuffix, promotingSuffix, fetchingSuffix]);

const idLength = 36;

/** Directories of collections that are being made, or are on their way out: `<id>` and a suffix. */
export class PassingDirectories {
  readonly #root: string;
  /** Nothing but this process tells that they are wanted. */
  readonly #making = new Set<string>();

  /** @param root the directory of all collections */
  constructor(root: string) {
    this.#root = root;
  }

  /** @returns its path */
  begin(name: string): string {
    this.#making.add(name);
    return join(this.#root, name);
  }

  /** It has its final name, or is where the next start settles it. */
  end(name: string): void {
    this.#making.delete(name);
  }

  async abandon(name: string): Promise<void> {
    try {
      await rm(join(this.#root, name), { recursive: true, force: true });
    } finally {
      this.end(name);
    }
  }

  /**
   * Those that nobody makes any more, and that could not be removed when they should have been. What was replaced is not among
   * them: what is replaced next, or the next start, settles it.
   *
   * @param isGone whether the catalog has not got the collection, and it is not being deleted
   */
  async leftovers(isGone: (id: CollectionId) => boolean): Promise<readonly string[]> {
    const names = new Set(await readdir(this.#root));
    return [...names].filter((name) => this.#isLeft(name, names, isGone));
  }

  /** One of {@link PassingDirectories.leftovers}, unless somebody has begun to make it since. */
  async removeLeftover(name: string): Promise<void> {
    const unwanted = join(this.#root, `${name.slice(0, idLength)}${unwantedSuffix}`);
    await rm(unwanted, { recursive: true, force: true });
    if (name.endsWith(unwantedSuffix) || this.#making.has(name)) return;
    // At once, so that whoever begins to make it while this is removed finds nothing.
    renameSync(join(this.#root, name), unwanted);
    await rm(unwanted, { recursive: true, force: true });
  }

  #isLeft(name: string, names: ReadonlySet<string>, isGone: (id: CollectionId) => boolean): boolean {
    const id = parseId<"collection">(name.slice(0, idLength));
    const suffix = name.slice(idLength);
    if (id === undefined || this.#making.has(name)) return false;
    if (suffix === unwantedSuffix) return true;
    if (suffix === creatingSuffix) return isGone(id);
    // Where the collection has no directory of its own, the next start makes it of these.
    return besideOwn.has(suffix) && (isGone(id) || names.has(id));
  }
}
