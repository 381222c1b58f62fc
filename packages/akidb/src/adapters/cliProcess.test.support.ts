import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { readLockHolder } from "@akidb/database";

const bin = fileURLToPath(new URL("../../bin/akidb.js", import.meta.url));

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliRunOptions {
  readonly cwd: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The command line as its users run it: built, in a process of its own, without a terminal. */
export async function runCli(
  args: readonly string[],
  { cwd, input = "", environment = {} }: CliRunOptions,
): Promise<CliRun> {
  const child = start(args, cwd, environment);
  const stdout = textOf(child.stdout);
  const stderr = textOf(child.stderr);
  child.stdin?.end(input);
  await once(child, "close");
  return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
}

export interface ServerProcess {
  readonly url: string;
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;

/** A server on a free port. */
export async function startServerProcess(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const args = [
    "--data-dir",
    directory,
    "--port",
    "0",
    "--grpc-port",
    "0",
    "--log-level",
    "warn",
    "--wal-sync",
    "never",
  ];
  const child = start(args, directory, environment);
  const output = textOf(child.stderr);
  const closed = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGINT");
    await closed;
  };
  const endMs = performance.now() + startTimeoutMs;
  while (performance.now() < endMs && child.exitCode === null) {
    const holder = readLockHolder(directory);
    if (holder?.pid === child.pid && holder?.url !== undefined) return { url: holder.url, stop };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await stop();
  throw new Error(`the server does not run:\n${output()}`);
}

/** What this process compiled is there for the others. */
const { NODE_COMPILE_CACHE: compileCache } = process.env;

/** With an environment of its own, so that nothing of the machine's configures it. */
function start(
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  const env = { ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }), ...environment };
  return spawn(process.execPath, [bin, ...args], { cwd, env, stdio: "pipe" });
}

function textOf(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
