import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, type Clock, isAkiDbError, SeededRandom, systemClock } from "@akidb/base";
import { afterEach, beforeEach, expect, it } from "vitest";
import { open } from "../open.ts";

let directory: string;
let db: AkiDb;
/** All that is written is a month old at once: no age protects it. */
const aheadMs = 30 * 24 * 3_600_000;
const clock: Clock = {
  nowMs: () => systemClock.nowMs() + aheadMs,
  monotonicMs: () => systemClock.monotonicMs(),
};
const openHere = () => open({ path: directory, wal: { sync: "never" }, clock });
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-live-"));
  db = await openHere();
});
afterEach(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

type Texts = Map<string, string>;
interface Modelled {
  texts: Texts;
  snapshots: { readonly id: string; readonly texts: Texts }[];
}

/** What can be done to a collection, and what it makes of the model. */
const steps: readonly ((name: string, model: Modelled, random: SeededRandom) => Promise<void>)[] = [
  async (name, { texts }, random) => {
    const documents = Array.from({ length: 5 }, () => {
      const key = random.nextInt(30);
      return { externalId: `k${key}`, text: `text ${key} ${random.nextInt(1_000)}` };
    });
    await db.collection(name).upsert(documents);
    for (const { externalId, text } of documents) texts.set(externalId, text);
  },
  async (name, model) => {
    const { id } = await db.collection(name).createSnapshot();
    model.snapshots.push({ id, texts: new Map(model.texts) });
  },
  async (name, model, random) => {
    const kept = model.snapshots[random.nextInt(model.snapshots.length + 1)];
    if (kept === undefined) return;
    await orRefused(async () => {
      await db.collection(name).restoreSnapshot(kept.id);
      model.texts = new Map(kept.texts);
    });
  },
  async (name, model) => {
    const gone = model.snapshots.shift();
    if (gone !== undefined) await db.collection(name).deleteSnapshot(gone.id);
  },
  (name, _, random) =>
    orRefused(async () => {
      await db.collection(name).reembedding.start({ dimension: [16, 32, 64][random.nextInt(3)]! });
    }),
  (name) => orRefused(() => db.collection(name).reembedding.rollback()),
  (name) => orRefused(() => db.collection(name).reembedding.cancel()),
];

/** While a collection is re-embedded, or was not, some are. */
async function orRefused(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: unknown) => {
    const codes = ["failed_precondition", "already_exists", "not_found"];
    if (!isAkiDbError(error) || !codes.includes(error.code)) throw error;
  });
}

async function expectAsModelled(models: ReadonlyMap<string, Modelled>, message: string): Promise<void> {
  expect((await db.listCollections()).items.map(({ name }) => name).sort(), message).toEqual(
    [...models.keys()].sort(),
  );
  for (const [name, { texts, snapshots }] of models) {
    const found = new Map<string, string>();
    for await (const { externalId, text } of db.collection(name).scroll({ include: ["text"] }))
      found.set(externalId!, text!);
    expect(found, `${message}, ${name}`).toEqual(texts);
    const listed = (await db.collection(name).listSnapshots()).items.map(({ id, state }) => `${id} ${state}`);
    expect(listed, `${message}, ${name}`).toEqual(snapshots.map(({ id }) => `${id} ready`));
  }
}

const seed = 2;

it(`whatever is live is never taken, whatever goes on (seed ${seed})`, async () => {
  const random = new SeededRandom(seed);
  const models = new Map<string, Modelled>();
  const collect = () =>
    db.collectGarbage({ dryRun: false, olderThanSeconds: 3_600, unknownCollections: true });
  for (let step = 0; step < 24; step++) {
    const message = `seed ${seed}, step ${step}`;
    const names = [...models.keys()];
    const name = names[random.nextInt(names.length + 1)];
    const collecting = collect();
    if (name === undefined && names.length < 4) {
      const created = `c${step}`;
      const tieringPolicy = random.nextInt(2) === 0 ? "memory" : "memory_s3";
      await db.createCollection({ name: created, dimension: 16, tieringPolicy });
      models.set(created, { texts: new Map(), snapshots: [] });
    } else if (name === undefined || (random.nextInt(20) === 0 && names.length > 2)) {
      const gone = name ?? names[0]!;
      await db.deleteCollection(gone);
      models.delete(gone);
    } else {
      await steps[random.nextInt(steps.length)]!(name, models.get(name)!, random);
    }
    expect((await collecting).problems, message).toEqual([]);
    if (step % 12 === 11) {
      await expectAsModelled(models, message);
      await db.close();
      db = await openHere();
    }
  }
  await collect();
  await expectAsModelled(models, `seed ${seed}`);
  for (const [name, { snapshots }] of models) {
    for (const { id, texts } of snapshots) {
      await db.collection(name).restoreSnapshot(id, { into: "copy" });
      expect((await db.getCollection("copy")).documentCount).toBe(texts.size);
      await db.deleteCollection("copy");
    }
  }
});
