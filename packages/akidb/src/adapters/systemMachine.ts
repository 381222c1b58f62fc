import { open, rm, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";
import { getHeapStatistics } from "node:v8";
import { absoluteDirectory } from "@akidb/database/holder";
import type { Machine } from "../doctor/machine.ts";

const answerTimeoutMs = 5_000;
const readableByOthers = 0o004;

export const systemMachine: Machine = {
  nodeVersion: process.versions.node,

  get memory() {
    const totalBytes = totalmem();
    const constrained = process.constrainedMemory();
    return {
      totalBytes,
      // Without a control group Node reports none, or a number beyond any machine.
      limitBytes: constrained > 0 && constrained < totalBytes ? constrained : undefined,
      heapBytes: getHeapStatistics().heap_size_limit,
    };
  },

  disk: async (path) => {
    const { bavail, blocks, bsize, type } = await statfs((await nearestThere(path)).path);
    return {
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
      kind: process.platform === "linux" ? type : 0,
    };
  },

  tryWriting: async (path) => {
    const { path: directory, isDirectory } = await nearestThere(path);
    if (!isDirectory) return { kind: "refused", path: directory, code: "ENOTDIR" };
    const trial = join(directory, `.akidb-doctor-${process.pid}`);
    try {
      const file = await open(trial, "wx");
      try {
        await file.writeFile("x");
        await file.sync();
      } finally {
        await file.close();
        await rm(trial, { force: true });
      }
      const { mode } = await stat(directory);
      const exists = directory === absoluteDirectory(path);
      return { kind: "written", exists, isReadByOthers: exists && (mode & readableByOthers) !== 0 };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      return { kind: "refused", path: directory, code };
    }
  },

  tryListening: (host, port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
    }),

  getJson: async (url) => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(answerTimeoutMs) });
      return await response.json();
    } catch {
      return undefined;
    }
  },
};

/** The path itself, or the nearest one above that exists. */
async function nearestThere(path: string): Promise<{ path: string; isDirectory: boolean }> {
  for (let place = absoluteDirectory(path); ; place = dirname(place)) {
    const found = await stat(place).catch(() => undefined);
    if (found !== undefined || place === dirname(place))
      return { path: place, isDirectory: found?.isDirectory() !== false };
  }
}
