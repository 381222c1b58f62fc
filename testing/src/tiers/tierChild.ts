/**
 * The process that is killed while a collection goes through all of its migrations: cold and back, by a read and by a write, back
 * to its copy on probation, warm, from there cold, from a copy that turns out to be damaged, and from a demotion that is cancelled.
 * Arguments: the data directory.
 */
import { globSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Tier } from "@akidb/base";
import { open } from "@akidb/database";
import { openJournal } from "../failpoints/journal.ts";
import { type FailpointSettings, failpointVariable } from "../failpoints/killPoint.ts";

const [directory] = process.argv.slice(2);
const { journal: path }: FailpointSettings = JSON.parse(process.env[failpointVariable]!);
const journal = openJournal(path);
try {
  const db = await open({ path: directory!, wal: { sync: "never" } });
  const docs = db.collection("docs");
  const expectTier = async (expected: Tier): Promise<void> => {
    const { tier } = await docs.getTier();
    if (tier !== expected) throw new Error(`it is ${tier} instead of ${expected}`);
  };
  const toCold = async (): Promise<void> => {
    await docs.changeTier("demote_to_cold");
    await expectTier("cold");
  };
  const read = async (): Promise<void> => {
    await docs.get("k1");
    await expectTier("hot");
  };
  const write = async (number: number): Promise<void> => {
    const key = `w${number}`;
    const generations = { [key]: number };
    journal({ kind: "begun", number, operation: { kind: "upsert", collection: "docs", generations } });
    await docs.upsert([{ externalId: key, vector: new Float32Array(16).fill(number) }]);
    journal({ kind: "done", number });
  };

  await toCold();
  await read();
  await toCold();
  for (const number of [1, 2]) {
    await write(number);
    await toCold();
  }
  await docs.changeTier("promote_to_hot");

  await docs.changeTier("pin");
  await docs.changeTier("unpin");
  await docs.changeTier("demote_to_warm");
  await expectTier("warm");
  await read();
  await write(3);
  await docs.changeTier("demote_to_warm");
  await toCold();

  await read();
  const { snapshotId } = await docs.getTier();
  journal({ kind: "harmed" });
  const [object] = globSync(`objects/**/${snapshotId}/documents.parquet@object`, { cwd: directory! });
  truncateSync(join(directory!, object!), 100);
  const isRefused = await docs.changeTier("demote_to_cold").then(
    () => false,
    () => true,
  );
  if (!isRefused) throw new Error("a damaged copy was taken for the collection");
  await expectTier("hot");
  await toCold();

  await docs.changeTier("promote_to_hot");
  await write(4);
  await docs.changeTier("demote_to_cold", { wait: false });
  while ((await docs.getTier()).snapshotId === null) await new Promise((resolve) => setImmediate(resolve));
  await docs.changeTier("promote_to_hot");
  await expectTier("hot");
  await db.close();
  journal({ kind: "end" });
} catch (error) {
  journal({ kind: "error", message: (error as Error).stack ?? String(error) });
  process.exitCode = 1;
}
