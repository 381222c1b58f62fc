import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { AkiDb } from "@akidb/base";
import { open } from "@akidb/database";
import { builtUrl } from "../builtUrl.ts";
import type { JournalLine } from "../failpoints/journal.ts";
import type { KillMoment, KillPoint } from "../failpoints/killPoint.ts";
import { runFailpointProcess } from "../failpoints/runFailpointProcess.ts";

const child = builtUrl(import.meta.url, "./tierChild.js");
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

export interface KilledRun {
  readonly directory: string;
  readonly lines: readonly JournalLine[];
}

export async function runKilled(root: string, kill?: KillPoint): Promise<KilledRun> {
  const directory = join(root, "data");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
  cpSync(join(root, "prepared"), directory, { recursive: true });
  const settings = { root: directory, journal: join(root, "journal"), ...(kill !== undefined && { kill }) };
  const { lines, end } = await runFailpointProcess(child, [directory], settings);
  const error = lines.find(({ kind }) => kind === "error");
  if (error?.kind === "error") throw new Error(`${error.message} (${end})`);
  return { directory, lines };
}

export interface KillReport {
  readonly pointCount: number;
  readonly killCount: number;
  readonly problems: readonly string[];
}

/** At each point the first and the last time that a process passes it, one process for each. */
export async function killEverywhere(
  root: string,
  only: RegExp,
  say: (line: string) => void,
): Promise<KillReport> {
  const passed = new Map<string, number>();
  for (const line of (await runKilled(root)).lines) {
    if (line.kind !== "point" || !only.test(line.point)) continue;
    passed.set(line.point, Math.max(passed.get(line.point) ?? 0, line.occurrence));
  }
  const problems: string[] = [];
  let killCount = 0;
  for (const [point, count] of passed) {
    const moments: readonly KillMoment[] = point.startsWith("write ") ? ["during", "after"] : ["after"];
    for (const occurrence of new Set([1, count])) {
      for (const moment of moments) {
        killCount += 1;
        const problem = await problemOf(root, { point, occurrence, moment, delayMicroseconds: 50 });
        if (problem !== undefined) problems.push(`${moment} ${point} (${occurrence}): ${problem}`);
      }
    }
    say(`${point}: killed ${count === 1 ? "once" : "twice"}, ${problems.length} losses`);
  }
  return { pointCount: passed.size, killCount, problems };
}

async function problemOf(root: string, kill: KillPoint): Promise<string | undefined> {
  try {
    await checkAfterwards(await runKilled(root, kill));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
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
    const { tier } = await docs.changeTier("demote_to_cold");
    expectThat(tier === "cold", `it is ${tier}, and not cold`);
    const after = await checkDocuments(db, before, before);
    expectThat(after.length === before.length, "there are other documents once it was cold");
    const names = readdirSync(join(directory, "collections")).filter((name) => name.includes("."));
    expectThat(names.length === 0, `there are files in ${names.join(", ")}`);
  } finally {
    await db.close();
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
