import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { AkiDb } from "@akidb/base";
import { open } from "@akidb/database";
import { builtUrl } from "../builtUrl.ts";
import type { KilledRun } from "../failpoints/killedRun.ts";

export const reembedProgram = builtUrl(import.meta.url, "./reembedChild.js");
export const documentCount = 150;
const textOf = (key: number): string => `a text of its own ${key}`;

export async function prepare(root: string): Promise<void> {
  const db = await open({ path: join(root, "prepared"), wal: { sync: "never" } });
  await db.createCollection({ name: "docs", dimension: 16 });
  const documents = Array.from({ length: documentCount }, (_, key) => ({
    externalId: `k${key}`,
    text: textOf(key),
  }));
  await db.collection("docs").upsert(documents);
  await db.close();
}

/** Whatever was cut off goes on by itself, nothing that was acknowledged is missing, and what is of no use any more goes. */
export async function checkAfterwards({ directory, lines }: KilledRun): Promise<void> {
  const acknowledged = lines.flatMap((line) => (line.kind === "done" ? `w${line.number}` : []));
  const begun = lines.flatMap((line) => (line.kind === "begun" ? `w${line.number}` : []));
  const db = await open({ path: directory, wal: { sync: "never" } });
  try {
    await settled(db);
    const { documentCount: count, dimension, state, stateReason } = await db.getCollection("docs");
    expectThat(state === "ready", `the collection is ${state}: ${stateReason}`);
    const docs = db.collection("docs");
    const keys = new Set<string>();
    for await (const document of docs.scroll({ include: ["vector", "text"] })) {
      expectThat(document.vector?.length === dimension, `${document.externalId} has another dimension`);
      keys.add(document.externalId!);
    }
    for (let key = 0; key < documentCount; key++) expectThat(keys.has(`k${key}`), `k${key} is missing`);
    for (const key of acknowledged) expectThat(keys.has(key), `${key} was acknowledged, and is missing`);
    expectThat(count === keys.size && count <= documentCount + begun.length, `there are ${count} documents`);
    for (const key of [0, 77, documentCount - 1]) {
      const [best] = (await docs.query({ text: textOf(key), topK: 1 })).matches;
      expectThat(best?.externalId === `k${key}`, `${best?.externalId} is nearest to the text of k${key}`);
    }
    await cleanedUp(db, directory);
  } finally {
    await db.close();
  }
}

async function settled(db: AkiDb): Promise<void> {
  for (let waits = 0; ; waits++) {
    const state = await db
      .collection("docs")
      .reembedding.get()
      .then(
        (info) => info,
        ({ code }) => (code === "not_found" ? undefined : Promise.reject(new Error(code))),
      );
    if (state === undefined || state.state === "flipped" || state.state === "cancelled") return;
    expectThat(state.state !== "paused", `it is paused: ${state.stateReason}`);
    expectThat(waits < 2_000, "it does not come to an end");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** At most what is served and what is kept. */
async function cleanedUp(db: AkiDb, directory: string): Promise<void> {
  const { id } = await db.getCollection("docs");
  const info = await db
    .collection("docs")
    .reembedding.get()
    .catch(() => undefined);
  const most = info === undefined || info.keepUntil === null ? 1 : 2;
  for (let waits = 0; ; waits++) {
    const names = readdirSync(join(directory, "collections", id));
    const generations = names.filter((name) => name === "wal" || /^g\d/.test(name));
    if (generations.length <= most) return;
    expectThat(waits < 1_000, `there are files of ${generations.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}
