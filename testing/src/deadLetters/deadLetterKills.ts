import { join } from "node:path";
import { type Database, operations } from "@akidb/database";
import { allObjects, objectBytes } from "@akidb/objects";
import { builtUrl } from "../builtUrl.ts";
import { expectedBucket } from "../chaos/expectedBucket.ts";
import type { KilledRun } from "../failpoints/killedRun.ts";
import { call, inspect, openImpatient, sendAll, untilSent } from "./storedWork.ts";

export const deadLetterProgram = builtUrl(import.meta.url, "./deadLetterChild.js");

const documentCount = 5;

export async function prepare(root: string): Promise<void> {
  const database = await openImpatient(join(root, "prepared"));
  for (const name of ["docs", "refused", "away"]) {
    const input = { name, dimension: 16, tieringPolicy: "memory_s3", syncPolicy: "continuous" } as const;
    await database.execute(operations.createCollection, input, call);
    const documents = Array.from({ length: documentCount }, (_, key) => ({
      externalId: `k${key}`,
      vector: new Float32Array(16).fill(key + 100),
    }));
    await database.execute(operations.upsertDocuments, { collection: name, documents }, call);
  }
  await sendAll(database);
  await database.close();
}

/** Whatever was cut off: nothing acknowledged is missing, and the store gets all that it is to have, once, and nothing else. */
export async function checkAfterwards({ directory, lines }: KilledRun): Promise<void> {
  const database = await openImpatient(directory);
  try {
    await sendAll(database);
    await untilSent(database);
    await sendAll(database);
    const keys = lines.flatMap((line) => (line.kind === "done" ? [`w${line.number}`] : []));
    for (const externalId of [...keys, ...Array.from({ length: documentCount }, (_, key) => `k${key}`)]) {
      await database.execute(operations.getDocument, { collection: "docs", id: externalId }, call);
    }
    const wrong = await differences(database);
    if (wrong.length > 0) throw new Error(wrong.join("; "));
  } finally {
    await database.close();
  }
}

async function differences(database: Database): Promise<readonly string[]> {
  const { keys, problems } = await inspect(database, expectedBucket);
  return await inspect(database, async ({ objects }) => {
    const stored: string[] = [];
    for await (const { key } of allObjects(objects, { prefix: "" })) stored.push(key);
    for (const key of stored) await objectBytes(objects, key, { bytesMax: 1 << 20 });
    // A pack that was stored without anybody being told so is what `akidb gc` removes.
    const extra = stored.filter((key) => !keys.has(key) && !key.includes("/wal/packs/"));
    const missing = [...keys].filter((key) => !stored.includes(key));
    return [
      ...problems,
      ...extra.map((key) => `too much: ${key}`),
      ...missing.map((key) => `missing: ${key}`),
    ];
  });
}
