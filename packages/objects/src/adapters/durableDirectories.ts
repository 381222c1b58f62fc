import { mkdir, open, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { KeyedTurns } from "../local/keyedTurns.ts";

/** Known directories beyond which the memory of them begins anew. */
const rememberedMax = 10_000;

/** Directories whose names survive a power cut, made when first needed and removed when empty. */
export class DurableDirectories {
  readonly #root: string;
  readonly #turns = new KeyedTurns();
  /** One that exists is not enough: another process may have made it and died before it was durable. */
  readonly #durable = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** @param path the root or below it */
  async make(path: string): Promise<void> {
    if (this.#durable.has(path)) return;
    await this.#turns.run("", () => this.#make(path));
  }

  async #make(path: string): Promise<void> {
    if (this.#durable.has(path)) return;
    if (path === this.#root) {
      const firstMade = await mkdir(path, { recursive: true });
      for (let made = path; firstMade !== undefined; made = dirname(made)) {
        await syncDirectory(dirname(made));
        if (made === firstMade || made === dirname(made)) break;
      }
    } else {
      await this.#make(dirname(path));
      await mkdir(path).catch(unlessCode("EEXIST"));
      await syncDirectory(dirname(path));
    }
    if (this.#durable.size >= rememberedMax) this.#durable.clear();
    this.#durable.add(path);
  }

  /** Somebody else removed it. */
  forget(path: string): void {
    for (let gone = path; gone.length >= this.#root.length; gone = dirname(gone)) this.#durable.delete(gone);
  }

  /** Removes the directory and those above it up to the root, as far as they are empty. */
  async removeEmpty(path: string): Promise<void> {
    await this.#turns.run("", async () => {
      for (let empty = path; empty !== this.#root; empty = dirname(empty)) {
        this.#durable.delete(empty);
        try {
          await rmdir(empty);
        } catch {
          return;
        }
      }
    });
  }
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export const unlessCode =
  (code: string) =>
  (error: unknown): undefined => {
    if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
