import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { AkiDbError, failedPrecondition, notFound } from "@akidb/base";
import { absoluteDirectory } from "@akidb/database/holder";
import { type BinaryWriter, type DocumentationPage, type Files, stdinPath, stdoutPath } from "../files.ts";

const packageDirectory = fileURLToPath(new URL("../..", import.meta.url));

export const systemFiles: Files = {
  exists: existsSync,
  absolute: absoluteDirectory,

  openInput: async (path) => {
    if (path === stdinPath)
      return { sizeBytes: undefined, chunks: chunksOf("standard input", () => process.stdin) };
    const stats = await stat(path).catch(rethrow(path));
    if (stats.isDirectory()) throw failedPrecondition(`${JSON.stringify(path)} is a directory, not a file`);
    return {
      sizeBytes: stats.isFile() ? stats.size : undefined,
      chunks: chunksOf(path, () => createReadStream(path)),
    };
  },

  openRandomAccess: async (path) => {
    const file = await open(path, "r").catch(rethrow(path));
    const stats = await file.stat().catch(rethrow(path));
    if (!stats.isFile()) {
      await file.close();
      throw failedPrecondition(`${JSON.stringify(path)} is no file that can be read at any place`);
    }
    return {
      byteLength: stats.size,
      read: (offset, length) => readAt(file, offset, length).catch(rethrow(path)),
      close: () => file.close(),
    };
  },

  readText: (path) => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      return rethrow(path)(error);
    }
  },

  createPrivateText: (path, text) => {
    try {
      writeFileSync(path, text, { mode: 0o600, flag: "wx", flush: true });
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      return rethrow(path)(error);
    }
  },

  createText: async (path) => {
    const file = await open(path, "w").catch(rethrow(path));
    return {
      write: async (text) => {
        await file.writeFile(text).catch(rethrow(path));
      },
      close: () => file.close().catch(rethrow(path)),
    };
  },

  continueText: async (path, keptBytes) => {
    const file = await open(path, "a").catch(rethrow(path));
    await file.truncate(keptBytes).catch(rethrow(path));
    return {
      write: async (text) => {
        await file.writeFile(text).catch(rethrow(path));
      },
      close: () => file.close().catch(rethrow(path)),
    };
  },

  remove: (path) => rm(path, { force: true }).catch(rethrow(path)),

  createBinary: async (path) => {
    if (path === stdoutPath) return standardOutput;
    const unfinished = `${path}.part`;
    const file = await open(unfinished, "w").catch(rethrow(path));
    return {
      write: async (bytes) => {
        await file.writeFile(bytes).catch(rethrow(path));
      },
      commit: async () => {
        await file.close().catch(rethrow(path));
        await rename(unfinished, path).catch(rethrow(path));
      },
      abandon: async () => {
        await file.close();
        await rm(unfinished, { force: true });
      },
    };
  },

  readDocumentation: () => {
    const { root, paths } = documentationFiles();
    return paths
      .filter((path) => existsSync(path))
      .map(
        (path): DocumentationPage => ({
          path: relative(root, path).split(sep).join("/"),
          text: readFileSync(path, "utf8"),
        }),
      )
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  },

  createTemporaryDirectory: ({ beside } = {}) => {
    const path = makeDirectoryIn(beside === undefined ? tmpdir() : dirname(beside));
    const remove = (): void => rmSync(path, { recursive: true, force: true });
    // Without a listener a signal ends the process and nothing else.
    const exit = (_signal: NodeJS.Signals, number: number): void => process.exit(128 + number);
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
    process.once("exit", remove);
    for (const signal of signals) process.once(signal, exit);
    return {
      path,
      [Symbol.dispose]: () => {
        process.off("exit", remove);
        for (const signal of signals) process.off(signal, exit);
        remove();
      },
    };
  },
};

const standardOutput: BinaryWriter = {
  write: async (bytes) => {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    }).catch(rethrow("standard output"));
  },
  commit: async () => {},
  abandon: async () => {},
};

function makeDirectoryIn(parent: string): string {
  try {
    return mkdtempSync(join(parent, "akidb-"));
  } catch (error) {
    return rethrow(parent)(error);
  }
}

/** In a clone those of the repository, two folders up; in the published package the copies that it carries. */
function documentationFiles(): { readonly root: string; readonly paths: readonly string[] } {
  const clone = join(packageDirectory, "..", "..");
  if (!existsSync(join(clone, "packages", "akidb", "package.json"))) {
    const root = join(packageDirectory, "dist", "documentation");
    return { root, paths: markdownBelow(root) };
  }
  const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];
  return {
    root: clone,
    paths: [...pages.map((name) => join(clone, name)), ...markdownBelow(join(clone, "docs"))],
  };
}

function markdownBelow(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".md")).map((name) => join(directory, name));
}

/** @param openStream called when somebody listens, so that its errors are heard */
async function* chunksOf(name: string, openStream: () => Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* openStream();
  } catch (error) {
    rethrow(name)(error);
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** What the operating system complains about, in words. */
const rethrow =
  (path: string) =>
  (error: unknown): never => {
    const name = JSON.stringify(path);
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code === "ENOENT" || code === "ENOTDIR") throw notFound(`file ${name}`);
    const reason = code === "EACCES" || code === "EPERM" ? "permission denied" : code;
    throw new AkiDbError("failed_precondition", `file ${name}: ${reason}`, { cause: error });
  };
