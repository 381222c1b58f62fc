import { createReadStream } from "node:fs";
import { open, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalidArgument, notFound } from "@akidb/base";

export interface SourceEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "other";
  readonly bytes: number;
  /** Where it is once every link is followed. */
  readonly realPath: string;
}

export interface RandomAccessFile {
  readonly byteLength: number;
  /** Fewer bytes where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * The files below a directory, which are only read. Paths are relative to it, with forward slashes; what cannot be read is an
 * `invalid_argument` that names it.
 */
export class SourceFiles {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Rejects with `not_found`. */
  static async open(directory: string): Promise<SourceFiles> {
    const isDirectory = await stat(directory).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isDirectory) throw notFound(`directory ${JSON.stringify(directory)}`);
    return new SourceFiles(await realpath(directory));
  }

  /** Sorted by name. */
  async names(directory: string): Promise<readonly string[]> {
    return (await readdir(this.#at(directory)).catch(unreadable(directory))).sort();
  }

  /** Links are followed. */
  async entry(path: string): Promise<SourceEntry> {
    const stats = await stat(this.#at(path)).catch(unreadable(path));
    const kind = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "other";
    const realPath = await realpath(this.#at(path)).catch(unreadable(path));
    return { name: path.slice(path.lastIndexOf("/") + 1), kind, bytes: stats.size, realPath };
  }

  async readWhole(path: string): Promise<Uint8Array> {
    return await readFile(this.#at(path)).catch(unreadable(path));
  }

  async *chunks(path: string): AsyncGenerator<Uint8Array> {
    try {
      yield* createReadStream(this.#at(path));
    } catch (error) {
      unreadable(path)(error);
    }
  }

  async openRandomAccess(path: string): Promise<RandomAccessFile> {
    const file = await open(this.#at(path), "r").catch(unreadable(path));
    const { size } = await file.stat();
    return {
      byteLength: size,
      async read(offset, length) {
        const bytes = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await file
            .read(bytes, filled, length - filled, offset + filled)
            .catch(unreadable(path));
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
      close: () => file.close(),
    };
  }

  #at(path: string): string {
    return join(this.#root, path);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "its links lead in a circle",
  ENOENT: "it leads nowhere, or is gone",
};

const unreadable =
  (path: string) =>
  (error: unknown): never => {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw invalidArgument(path, `cannot be read: ${reasons[code] ?? code}`);
  };
