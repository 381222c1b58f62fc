import type { Database } from "@akidb/database";
import { nearest, withDatabase } from "./preparedDirectory.ts";

export interface InProcess {
  /** Breadth of the walk that all searches here use: the least of some that finds enough. */
  readonly ef: number;
  readonly recall: number;
  readonly searchesPerSecond: number;
  /** Of the processor, all threads. */
  readonly cpuUs: number;
}

const checkedQueries = 100;
const efs = [16, 24, 32, 48, 64, 96, 128, 200];
export const recallMin = 0.95;

/** The same searches without a transport: operation, access, graph, documents; one after the other, in one thread. */
export async function measureInProcess(
  directory: string,
  queries: readonly Float32Array[],
  seconds: number,
): Promise<InProcess> {
  return await withDatabase(directory, async (database) => {
    const truth = [];
    for (const vector of queries.slice(0, checkedQueries)) {
      truth.push(await nearest(database, { vector, exact: true }));
    }
    for (const ef of efs) {
      const recall = await recallAt(database, queries, ef, truth);
      if (recall >= recallMin) return { ef, recall, ...(await searchRate(database, queries, ef, seconds)) };
    }
    throw new Error(`no search finds ${recallMin} of the nearest`);
  });
}

async function recallAt(
  database: Database,
  queries: readonly Float32Array[],
  ef: number,
  truth: readonly (readonly string[])[],
): Promise<number> {
  let found = 0;
  let wanted = 0;
  for (const [at, exact] of truth.entries()) {
    const ids = new Set(await nearest(database, { vector: queries[at]!, ef }));
    found += exact.filter((id) => ids.has(id)).length;
    wanted += exact.length;
  }
  return found / wanted;
}

async function searchRate(
  database: Database,
  queries: readonly Float32Array[],
  ef: number,
  seconds: number,
): Promise<Pick<InProcess, "searchesPerSecond" | "cpuUs">> {
  const search = async (endMs: number) => {
    let count = 0;
    for (; performance.now() < endMs; count++) {
      await nearest(database, { vector: queries[count % queries.length]!, ef });
    }
    return count;
  };
  await search(performance.now() + 1_000);
  const before = process.cpuUsage();
  const startMs = performance.now();
  const count = await search(startMs + 1_000 * seconds);
  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  return { searchesPerSecond: (1_000 * count) / elapsedMs, cpuUs: (user + system) / count };
}
