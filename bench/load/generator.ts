import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Bodies } from "./bodies.ts";

const sources = fileURLToPath(new URL("generator", import.meta.url));
export const buildFolder = fileURLToPath(new URL(".build", import.meta.url));
const program = `${buildFolder}/load`;

/** Of the generator: with many processors, one would be slower than what it is to load. */
export const generatorThreads = Math.max(1, Math.floor(availableParallelism() / 4));

/** What one run of the generator saw. */
export interface Answers {
  readonly requests: number;
  readonly refused: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** What the generator itself took. */
  readonly cpuSeconds: number;
}

export interface LoadOptions extends LoadEnd {
  readonly port: number;
  readonly connections: number;
}

interface LoadEnd {
  readonly seconds?: number;
  readonly requests?: number;
  /** Requests a second, whether answers come or not. */
  readonly rate?: number;
}

/** Compiles the generator: a client in Node would be slower than the server that it is to load. */
export function compileGenerator(): void {
  const compiler = process.env["CC"] ?? "cc";
  const files = readdirSync(sources).filter((name) => name.endsWith(".c"));
  mkdirSync(buildFolder, { recursive: true });
  try {
    const flags = ["-std=c11", "-O2", "-pthread", "-o", program];
    execFileSync(compiler, [...flags, ...files.map((name) => `${sources}/${name}`)], { stdio: "inherit" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    // From a machine that has a compiler.
    if (existsSync(program)) return;
    console.error(
      `the load generator needs a C compiler, and there is no "${compiler}" (CC names another) on this machine`,
    );
    process.exit(1);
  }
}

const run = promisify(execFile);

/** Sends the bodies in turn. Throws where an answer was a refusal. */
export async function load(bodies: Bodies, { port, connections, ...end }: LoadOptions): Promise<Answers> {
  const options = {
    port,
    protocol: bodies.protocol,
    path: bodies.path,
    bodies: bodies.file,
    connections,
    threads: generatorThreads,
    ...end,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const headers = bodies.protocol === "http1" ? ["--header", "content-type: application/json"] : [];
  const { stdout } = await run(program, [...args, ...headers]);
  const answers = JSON.parse(stdout) as Answers;
  if (answers.refused > 0) throw new Error(`${answers.refused} of ${answers.requests} requests were refused`);
  return answers;
}
