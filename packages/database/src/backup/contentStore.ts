import { createHash } from "node:crypto";
import { type Deadline, isAkiDbError, noDeadline } from "@akidb/base";
import type { Disk } from "@akidb/engine";
import { DamagedObjectError, type ObjectBody, type ObjectStore, ParallelUploads } from "@akidb/objects";
import { fileBody } from "../archive/fileBody.ts";

/** Bytes by what they are. */
export interface Content {
  /** In hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

export interface ContentStoreOptions {
  readonly store: ObjectStore;
  readonly disk: Disk;
  /** Ends whatever is under way. */
  readonly deadline?: Deadline;
}

/** Objects named by the SHA-256 of their bytes: what is there already is not sent again. */
export class ContentStore {
  readonly #store: ObjectStore;
  readonly #uploads: ParallelUploads;
  readonly #disk: Disk;
  readonly #deadline: Deadline;

  constructor({ store, disk, deadline = noDeadline() }: ContentStoreOptions) {
    this.#store = store;
    this.#uploads = new ParallelUploads({ store });
    this.#disk = disk;
    this.#deadline = deadline;
  }

  /** @returns with `isNew` where it was sent; it was read back and compared then */
  async putFile(path: string): Promise<Content & { readonly isNew: boolean }> {
    const file = await this.#disk.openFile(path);
    const bytes = await file.size().finally(() => file.close());
    const body = () => fileBody(this.#disk, path, bytes);
    return await this.#put({ sha256: await this.#hashOf(body()), bytes }, body);
  }

  async putBytes(bytes: Uint8Array): Promise<Content & { readonly isNew: boolean }> {
    return await this.#put({ sha256: await this.#hashOf([bytes]), bytes: bytes.length }, () => bytes);
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
    await this.#uploads.put(keyOf(content), body(), {
      sizeBytes: content.bytes,
      deadline: this.#deadline,
    });
    await this.#read(content, async () => {});
    return { ...content, isNew: true };
  }

  async #has(content: Content): Promise<boolean> {
    try {
      const { sizeBytes } = await this.#store.head(keyOf(content), { deadline: this.#deadline });
      return sizeBytes === content.bytes;
    } catch (error) {
      if (isAkiDbError(error) && error.code === "not_found") return false;
      throw error;
    }
  }

  async #read(content: Content, take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    const key = keyOf(content);
    const hash = createHash("sha256");
    await using reading = await this.#store.get(key, { deadline: this.#deadline });
    if (reading.info.sizeBytes !== content.bytes) throw new DamagedObjectError(key, "it has another length");
    for await (const chunk of reading.body) {
      this.#deadline.check();
      hash.update(chunk);
      await take(chunk);
    }
    if (hash.digest("hex") === content.sha256) return;
    throw new DamagedObjectError(key, "its SHA-256 is not its name");
  }

  async #hashOf(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of chunks) {
      this.#deadline.check();
      hash.update(chunk);
    }
    return hash.digest("hex");
  }
}

export const contentPrefix = "content/";

/** Folders of 256, which file systems bear better than one. */
const keyOf = ({ sha256 }: Content): string => `${contentPrefix}${sha256.slice(0, 2)}/${sha256}`;

/** Undefined for an object that is none of these. */
export function sha256OfKey(key: string): string | undefined {
  const [, sha256] = /^content\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(key) ?? [];
  return sha256;
}
