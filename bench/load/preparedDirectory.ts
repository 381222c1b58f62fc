import { constants, cpSync, existsSync, renameSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { noDeadline, type QueryInput } from "@akidb/base";
import { type Database, openDatabase, operations, ownProcess } from "@akidb/database";
import { type Dataset, rowOf, rowsOf } from "../engine/dataset.ts";
import { buildFolder } from "./generator.ts";

export const collection = "bench";
const call = { requestId: "bench", deadline: noDeadline(), caller: ownProcess };
const batch = 1_000;

/** A data directory with the vectors in their graph (M 16). Made once, and kept for the next run. */
export async function prepareDirectory(data: Dataset): Promise<string> {
  const directory = `${buildFolder}/${data.key}`;
  if (existsSync(directory)) return directory;
  const unfinished = `${directory}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  await withDatabase(unfinished, (database) => fill(database, data));
  renameSync(unfinished, directory);
  return directory;
}

/** One for each of some servers, before the first of them has the directory; they share its blocks where the file system can. */
export function copiesOf(directory: string, folder: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => {
    if (at === 0) return directory;
    const copy = `${folder}/data-${at}`;
    cpSync(directory, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
    return copy;
  });
}

export async function withDatabase<Result>(
  directory: string,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openDatabase({ directory, command: "npm run bench:load" });
  try {
    await database.loaded();
    return await work(database);
  } finally {
    await database.close();
  }
}

async function fill(database: Database, data: Dataset): Promise<void> {
  const { dimension, metric, vectors } = data;
  const hnsw = { m: 16, efConstruction: 200 };
  await database.execute(operations.createCollection, { name: collection, dimension, metric, hnsw }, call);
  const rows = rowsOf(data);
  const startMs = performance.now();
  for (let row = 0; row < rows; row += batch) {
    const documents = Array.from({ length: Math.min(batch, rows - row) }, (_, at) => ({
      vector: rowOf(vectors, dimension, row + at),
    }));
    await database.execute(operations.upsertDocuments, { collection, documents }, call);
  }
  const linked = async () =>
    (await database.execute(operations.getCollection, { collection }, call)).indexedCount;
  while ((await linked()) < rows) await sleep(100);
  const seconds = (performance.now() - startMs) / 1_000;
  console.log(
    `${rows} vectors written and linked in ${seconds.toFixed(1)} s: ${Math.round(rows / seconds)}/s\n`,
  );
}

/** Ids of the nearest, by the database in this process. */
export async function nearest(database: Database, query: QueryInput): Promise<readonly string[]> {
  const { matches } = await database.execute(operations.query, { collection, ...query }, call);
  return matches.map(({ id }) => id);
}
