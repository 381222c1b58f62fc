import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { readLockHolder } from "@akidb/database";

const bin = fileURLToPath(new URL("../../packages/akidb/bin/akidb.js", import.meta.url));

/** A server in a process of its own, as its users run it. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** How long it took until it answered. */
  readonly startMs: number;
  /** kill -9. */
  kill(): Promise<void>;
  /** Asks it to stop, as Ctrl-C does. @returns its exit status */
  stop(): Promise<number | null>;
}

const startTimeoutMs = 30_000;

/** @param flags of `akidb serve`, over those that it needs here */
export const startServerProcess = (
  directory: string,
  flags: readonly string[] = [],
): Promise<ServerProcess> => {
  const own = ["--data-dir", directory, "--rest-port", "0", "--grpc-port", "0", "--log-level", "warn"];
  return startProcess([bin, "serve", ...own, ...flags], directory);
};

/** @param args of Node: a program that serves the directory on loopback, and tells in the lock where */
export async function startProcess(args: readonly string[], directory: string): Promise<ServerProcess> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    });
  }
  const exited = once(child, "exit");
  const url = await untilListening(child, directory, startedMs, () => output).catch(
    async (error: unknown) => {
      child.kill("SIGKILL");
      await exited;
      throw error;
    },
  );
  return {
    url,
    pid: child.pid!,
    startMs: performance.now() - startedMs,
    kill: async () => {
      child.kill("SIGKILL");
      await exited;
    },
    stop: async () => {
      child.kill("SIGINT");
      await exited;
      return child.exitCode;
    },
  };
}

async function untilListening(
  child: ChildProcess,
  directory: string,
  startedMs: number,
  output: () => string,
): Promise<string> {
  while (performance.now() - startedMs < startTimeoutMs) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${output()}`);
    const holder = await readLockHolder(directory);
    if (holder?.pid === child.pid && holder?.url !== undefined) return holder.url;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the server did not listen within ${startTimeoutMs} ms:\n${output()}`);
}
