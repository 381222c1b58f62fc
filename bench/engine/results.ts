import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { dirname } from "node:path";
import { repositoryFolder, resultsFile } from "./folders.ts";
import type { BuildRace } from "./parts/build.ts";
import type { CurveSet } from "./parts/curves.ts";
import type { FilteredSearch } from "./parts/filters.ts";
import type { MemoryUse } from "./parts/memory.ts";
import type { MixedLoad } from "./parts/mixed.ts";
import type { ScanRate } from "./parts/scan.ts";
import type { ThreadScaling } from "./parts/threads.ts";

/** What `bench/results/engine.json` holds, by part. */
export interface Measurements {
  readonly curves: CurveSet;
  readonly build: BuildRace;
  readonly threads: ThreadScaling;
  readonly memory: MemoryUse;
  readonly scan: ScanRate;
  readonly filters: FilteredSearch;
  readonly mixed: MixedLoad;
}

export type Part = keyof Measurements;

/** When and where something was measured. */
export interface Occasion {
  readonly date: string;
  readonly commit: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly node: string;
  /** Of the last minute, other work included. */
  readonly load: number;
}

export type Measured<T> = T & { readonly on: Occasion };

export type Results = { readonly [P in Part]?: Readonly<Record<string, Measured<Measurements[P]>>> };

export const readResults = (): Results =>
  existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, "utf8")) as Results) : {};

/** Keeps what other runs have measured. */
export function saveResult<P extends Part>(part: P, key: string, measurement: Measurements[P]): void {
  const results = readResults();
  const entries = { ...results[part], [key]: { ...measurement, on: occasion() } };
  mkdirSync(dirname(resultsFile), { recursive: true });
  writeFileSync(resultsFile, `${JSON.stringify({ ...results, [part]: entries }, rounded, 1)}\n`);
}

/** Six digits are more than a benchmark knows. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toPrecision(6)) : value;

function occasion(): Occasion {
  const commit = execFileSync("git", ["rev-parse", "--short=10", "HEAD"], { cwd: repositoryFolder });
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit.toString().trim(),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: loadavg()[0]!,
  };
}
