import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { isAkiDbError } from "@akidb/base";
import { readLockHolder } from "@akidb/database";
import type { EmptyServers } from "./emptyServers.ts";

/** A server in a process of its own. */
export interface LoadedServer {
  readonly pid: number;
  readonly restPort: number;
  readonly grpcPort: number;
  /** Processor's time of all of its threads so far; the kernel counts in hundredths of a second. */
  cpuSeconds(): number;
  /** Of the thread that started the others. */
  mainCpuSeconds(): number;
  stop(): Promise<void>;
}

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** AkiDB as its users start it. */
export async function startAkiDb(directory: string, options: readonly string[]): Promise<LoadedServer> {
  const grpcPort = await freePort();
  const bin = file("../../packages/akidb/bin/akidb.js");
  const args = [
    ...["serve", "--data-dir", directory, "--log-level", "warn"],
    ...["--rest-port", "0", "--grpc-port", String(grpcPort)],
    ...options,
  ];
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  while (child.exitCode === null) {
    const holder = lockHolder(directory);
    if (holder?.pid === child.pid && holder?.url !== undefined) {
      return { restPort: Number(new URL(holder.url).port), grpcPort, ...partsOf(child) };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the server did not start");
}

/** Undefined, too, while the server is about to write itself down. */
function lockHolder(directory: string): ReturnType<typeof readLockHolder> {
  try {
    return readLockHolder(directory);
  } catch (error) {
    if (isAkiDbError(error) && error.code === "unavailable") return undefined;
    throw error;
  }
}

/** Files with what the empty servers answer. */
export interface RecordedAnswers {
  readonly rest: string;
  readonly grpc: string;
}

/** @param threads at least 1 */
export async function startEmptyServers(
  { rest, grpc }: RecordedAnswers,
  threads: number,
): Promise<LoadedServer> {
  const child = fork(file("emptyServers.ts"), [rest, grpc, String(threads)]);
  const [ports] = (await once(child, "message")) as [EmptyServers];
  return { ...ports, ...partsOf(child) };
}

const partsOf = (child: ChildProcess) => ({
  pid: child.pid!,
  cpuSeconds: () => cpuSecondsOf(`/proc/${child.pid}/stat`),
  mainCpuSeconds: () => cpuSecondsOf(`/proc/${child.pid}/task/${child.pid}/stat`),
  stop: async () => {
    const exited = once(child, "exit");
    child.kill("SIGINT");
    await exited;
  },
});

function cpuSecondsOf(stat: string): number {
  const fields = readFileSync(stat, "utf8").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
