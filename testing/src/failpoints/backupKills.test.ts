import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { listBackups, open, openBackupStore, removeBackups, restoreBackup } from "@akidb/database";
import { afterEach, beforeEach, expect, it } from "vitest";
import { builtUrl } from "../builtUrl.ts";
import { type JournalLine, readJournal } from "./journal.ts";
import { type FailpointSettings, failpointVariable, type KillPoint } from "./killPoint.ts";

const preload = builtUrl(import.meta.url, "./failpointPreload.js");
const child = builtUrl(import.meta.url, "./backupChild.js");
const ids = new UuidV7Generator(systemClock, systemRandom);
const keptKeys = Array.from({ length: 30 }, (_, n) => `kept-${n}`);
let root: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-backup-kills-"));
  const db = await open({ path: join(root, "data") });
  for (const name of ["a", "b"]) {
    await db.createCollection({ name, dimension: 16 });
    const vector = new Float32Array(16).fill(1);
    await db.collection(name).upsert(keptKeys.map((externalId) => ({ externalId, vector })));
  }
  await db.close();
});
afterEach(() => rmSync(root, { recursive: true }));

async function runChild(kill?: KillPoint): Promise<readonly JournalLine[]> {
  const journal = join(root, "journal");
  rmSync(journal, { force: true });
  const settings: FailpointSettings = { root, journal, ...(kill !== undefined && { kill }) };
  const env = { ...process.env, [failpointVariable]: JSON.stringify(settings) };
  const args = ["--import", preload.href, fileURLToPath(child), root];
  await once(spawn(process.execPath, args, { env, stdio: "inherit" }), "close");
  return readJournal(journal);
}

const store = () =>
  openBackupStore({
    place: join(root, "backups"),
    objectStore: {},
    clock: systemClock,
    random: systemRandom,
  });

async function expectRestored(): Promise<void> {
  const directory = join(root, `restored-${ids.next()}`);
  await restoreBackup({ store: store(), directory, clock: systemClock, ids });
  const db = await open({ path: directory });
  for (const name of ["a", "b"]) {
    for (const key of keptKeys) await db.collection(name).get(key);
    expect((await db.getCollection(name)).state).toBe("ready");
  }
  await db.close();
}

const kept = "data/collections/<id>/snapshots/<id>.creating";
/** As a folder spells `MANIFEST.json`. */
const manifest = "rename backups/backups/<id>/%4d%41%4e%49%46%45%53%54.json@object";
const kills: readonly (Pick<KillPoint, "point" | "moment"> & { readonly occurrence?: number })[] = [
  { point: `write ${kept}/documents.parquet.tmp`, moment: "during" },
  { point: "rename backups/content/<nn>/<hex>@object", moment: "during", occurrence: 3 },
  { point: manifest, moment: "before" },
];

it("a process that is killed while it takes a backup leaves none, and the next one goes on", async () => {
  const killedAt = async (kill: (typeof kills)[number]) => {
    const lines = await runChild({ occurrence: 1, delayMicroseconds: 50, ...kill });
    const ends = lines.filter(({ kind }) => kind !== "point");
    expect(ends, kill.point).toEqual([{ kind: "killed" }]);
  };
  for (const kill of kills) {
    await killedAt(kill);
    expect(await listBackups(store()), kill.point).toEqual([]);
  }
  // From there on it counts, whoever learns of it.
  await killedAt({ point: manifest, moment: "after" });
  expect(await listBackups(store())).toMatchObject([{ damage: null, collectionCount: 2 }]);
  await expectRestored();
  expect((await runChild()).at(-1)).toEqual({ kind: "end" });
  expect(await listBackups(store())).toMatchObject([{ damage: null }, { damage: null }]);
  for (const id of readdirSync(join(root, "data", "collections"))) {
    const snapshots = join(root, "data", "collections", id, "snapshots");
    expect(existsSync(snapshots) ? readdirSync(snapshots) : []).toEqual([]);
  }

  const selection = { kind: "all but", keepCount: 1 } as const;
  const remove = () => removeBackups({ store: store(), clock: systemClock, ids, selection });
  await expect(remove()).rejects.toMatchObject({ code: "unavailable" });
  expect(await listBackups(store())).toHaveLength(2);
  const locks = join(root, "backups", "locks");
  const longAgo = systemClock.nowMs() / 1_000 - 3_600;
  for (const name of readdirSync(locks)) utimesSync(join(locks, name), longAgo, longAgo);
  expect((await remove()).removedBackups).toHaveLength(1);
  expect(existsSync(locks)).toBe(false);
  await expectRestored();
}, 120_000);
