import { createHash } from "node:crypto";
import { isAkiDbError } from "@akidb/base";
import type { Disk } from "@akidb/engine";
import { DamagedObjectError, type ObjectBody, type ObjectStore, ParallelUploads } from "@akidb/objects";
import { fileBody } from "../archive/fileBody.ts";

/** Bytes by what they are. */
export interface Content {
  /** In hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Objects named by the SHA-256 of their bytes: what is there already is not sent again. */
export class ContentStore {
  readonly #store: ObjectStore;
  readonly #uploads: ParallelUploads;
  readonly #disk: Disk;

  constructor(store: ObjectStore, disk: Disk) {
    this.#store = store;
    this.#uploads = new ParallelUploads({ store });
    this.#disk = disk;
  }

  /** @returns with `isNew` where it was sent; it was read back and compared then */
  async putFile(path: string): Promise<Content & { readonly isNew: boolean }> {
    const file = await this.#disk.openFile(path);
    const bytes = await file.size().finally(() => file.close());
    const body = () => fileBody(this.#disk, path, bytes);
    return await this.#put({ sha256: await hashOf(body()), bytes }, body);
  }

  async putBytes(bytes: Uint8Array): Promise<Content & { readonly isNew: boolean }> {
    return await this.#put({ sha256: await hashOf([bytes]), bytes: bytes.length }, () => bytes);
  }

  /** Whether all of it is there, by its length. */
  async hasAll(contents: readonly Content[]): Promise<boolean> {
    for (const content of contents) if (!(await this.#has(content))) return false;
    return true;
  }

  /**
   * Into a file that does not exist; durable when it resolves, but for its name.
   *
   * @throws DamagedObjectError where the bytes are not those of the name
   */
  async getFile(content: Content, path: string): Promise<void> {
    const file = await this.#disk.createFile(path);
    try {
      let position = 0;
      await this.#read(content, async (chunk) => {
        await file.write([chunk], position);
        position += chunk.length;
      });
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #put(content: Content, body: () => ObjectBody): Promise<Content & { readonly isNew: boolean }> {
    if (await this.#has(content)) return { ...content, isNew: false };
    await this.#uploads.put(keyOf(content), body(), { sizeBytes: content.bytes });
    await this.#read(content, async () => {});
    return { ...content, isNew: true };
  }

  async #has(content: Content): Promise<boolean> {
    try {
      return (await this.#store.head(keyOf(content))).sizeBytes === content.bytes;
    } catch (error) {
      if (isAkiDbError(error) && error.code === "not_found") return false;
      throw error;
    }
  }

  async #read(content: Content, take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    const key = keyOf(content);
    const hash = createHash("sha256");
    await using reading = await this.#store.get(key);
    for await (const chunk of reading.body) {
      hash.update(chunk);
      await take(chunk);
    }
    if (hash.digest("hex") === content.sha256) return;
    throw new DamagedObjectError(key, "its SHA-256 is not its name");
  }
}

/** Folders of 256, which file systems bear better than one. */
const keyOf = ({ sha256 }: Content): string => `content/${sha256.slice(0, 2)}/${sha256}`;

async function hashOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
