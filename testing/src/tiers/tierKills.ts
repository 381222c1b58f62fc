import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type AkiDb, type Collection, type CollectionTier, isAkiDbError } from "@akidb/base";
import { open } from "@akidb/database";
import { builtUrl } from "../builtUrl.ts";
import type { KilledRun } from "../failpoints/killedRun.ts";

export const tierProgram = builtUrl(import.meta.url, "./tierChild.js");
const documentCount = 60;
const vectorOf = (key: number): Float32Array =>
  Float32Array.from({ length: 16 }, (_, at) => Math.sin((key + 1) * (at + 1)));

export async function prepare(root: string): Promise<void> {
  const db = await open({ path: join(root, "prepared"), wal: { sync: "never" } });
  await db.createCollection({ name: "docs", dimension: 16, tieringPolicy: "memory_s3" });
  const documents = Array.from({ length: documentCount }, (_, key) => ({
    externalId: `k${key}`,
    vector: vectorOf(key),
    text: `document ${key}`,
    metadata: { key },
  }));
  await db.collection("docs").upsert(documents);
  await db.close();
}

/** Whatever was cut off: everything acknowledged is there, equal in every bit, and the collection can go and come back again. */
export async function checkAfterwards({ directory, lines }: KilledRun): Promise<void> {
  const numbers = (kind: "begun" | "done") =>
    lines.flatMap((line) => (line.kind === kind ? `w${line.number}` : []));
  const db = await open({ path: directory, wal: { sync: "never" } });
  try {
    const { state, stateReason } = await db.getCollection("docs");
    expectThat(state === "ready", `the collection is ${state}: ${stateReason}`);
    const before = await checkDocuments(db, numbers("done"), numbers("begun"));
    const docs = db.collection("docs");
    const isHarmed = lines.some(({ kind }) => kind === "harmed");
    const { tier } = await toCold(docs, isHarmed);
    expectThat(tier === "cold", `it is ${tier}, and not cold`);
    const after = await checkDocuments(db, before, before);
    expectThat(after.length === before.length, "there are other documents once it was cold");
    const names = readdirSync(join(directory, "collections")).filter((name) => name.includes("."));
    expectThat(names.length === 0, `there are files in ${names.join(", ")}`);
  } finally {
    await db.close();
  }
}

/** @param isHarmed a copy in the object store is damaged, which the first attempt may find, and the second makes good */
async function toCold(docs: Collection, isHarmed: boolean): Promise<CollectionTier> {
  try {
    return await docs.changeTier("demote_to_cold");
  } catch (error) {
    const isFound = isAkiDbError(error) && error.code === "failed_precondition";
    if (!(isHarmed && isFound)) throw error;
    return await docs.changeTier("demote_to_cold");
  }
}

/** @returns the keys of those that were written */
async function checkDocuments(
  db: AkiDb,
  acknowledged: readonly string[],
  begun: readonly string[],
): Promise<readonly string[]> {
  const docs = db.collection("docs");
  const written: string[] = [];
  let count = 0;
  for await (const { externalId, vector, text, metadata } of docs.scroll({
    include: ["vector", "text", "metadata"],
  })) {
    if (externalId!.startsWith("w")) {
      written.push(externalId!);
      continue;
    }
    const key = Number(externalId!.slice(1));
    const isSame = vectorOf(key).every((component, at) => component === vector![at]);
    expectThat(isSame && text === `document ${key}` && metadata?.["key"] === key, `k${key} is another`);
    count += 1;
  }
  expectThat(count === documentCount, `there are ${count} documents of ${documentCount}`);
  for (const key of acknowledged)
    expectThat(written.includes(key), `${key} was acknowledged, and is missing`);
  for (const key of written) expectThat(begun.includes(key), `${key} was never written`);
  for (const key of [0, 17, documentCount - 1]) {
    const [best] = (await docs.query({ vector: vectorOf(key), topK: 1 })).matches;
    expectThat(best?.externalId === `k${key}`, `${best?.externalId} is nearest to k${key}`);
  }
  return written;
}

function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
