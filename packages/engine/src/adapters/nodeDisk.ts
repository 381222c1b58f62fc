import { readSync } from "node:fs";
import { type FileHandle, link, mkdir, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Disk, DiskFile } from "../disk/disk.ts";

/** Linux refuses more than 1,024 buffers in one writev (IOV_MAX). */
const buffersPerWriteMax = 1_024;

/** The machine's own file system. */
export const nodeDisk: Disk = {
  async makeDirectory(path) {
    const firstMade = await mkdir(path, { recursive: true });
    if (firstMade === undefined) return;
    // A new directory is durable once its parent is synced, for each one made.
    for (let made = path; ; made = dirname(made)) {
      await syncDirectory(dirname(made));
      if (made === firstMade || made === dirname(made)) return;
    }
  },

  async list(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  },

  createFile: async (path) => new NodeFile(await open(path, "wx+")),
  openFile: async (path) => new NodeFile(await open(path, "r+")),
  remove: (path) => unlink(path),
  removeDirectory: (path) => rmdir(path),
  link,
  rename,
  syncDirectory,
};

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const { bytesRead } = await this.#handle.read(
        target,
        filled,
        target.length - filled,
        position + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }

  readNow(target: Uint8Array, position: number): number {
    let filled = 0;
    while (filled < target.length) {
      const read = readSync(this.#handle.fd, target, filled, target.length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    return filled;
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    let at = position;
    for (let first = 0; first < parts.length; first += buffersPerWriteMax) {
      const group = parts.slice(first, first + buffersPerWriteMax);
      const wanted = group.reduce((sum, part) => sum + part.length, 0);
      let { bytesWritten } = await this.#handle.writev(group, at);
      if (bytesWritten < wanted) {
        // A signal or a full disk cuts a write short; the rest goes on or tells why it cannot.
        const rest = Buffer.concat(group).subarray(bytesWritten);
        while (bytesWritten < wanted) {
          const from = rest.length - (wanted - bytesWritten);
          bytesWritten += (await this.#handle.write(rest, from, rest.length - from, at + bytesWritten))
            .bytesWritten;
        }
      }
      at += wanted;
    }
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
