import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline, systemClock, systemRandom, type TenantId, UuidV7Generator } from "@akidb/base";
import { openCatalog } from "@akidb/catalog";
import { open, openDatabase, operations, ownProcess } from "@akidb/database";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { builtUrl } from "../builtUrl.ts";
import type { KillPoint } from "./killPoint.ts";
import { runFailpointProcess } from "./runFailpointProcess.ts";

const child = builtUrl(import.meta.url, "./deletionChild.js");
const vector = new Float32Array(16).fill(1);
let root: string;
/** Of what the server had before there was a tenant. */
let before: readonly string[];

const inRoot = (name: string) => join(root, name);

let kept: string;

/** Of one process, of the catalog, and of the store itself: these come and go with each start. */
const passing = /^(LOCK|OWNER|catalog\.db)|^objects(\/@temporary)?$/;

/** All files and directories but those of what stays, which a start may change. */
const treeOf = (directory: string, keptId: string): readonly string[] =>
  (readdirSync(directory, { recursive: true }) as string[])
    .filter((path) => !path.startsWith(join("collections", keptId, "")) && !passing.test(path))
    .toSorted();

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-deletion-kills-"));
  const directory = inRoot("prepared");
  const db = await open({ path: directory });
  kept = (await db.createCollection({ name: "kept", dimension: 16 })).id;
  await db.collection("kept").upsert([{ externalId: "d", vector }]);
  await db.close();
  before = treeOf(directory, kept);
  await prepareTenant(directory);
}, 60_000);
afterAll(() => rmSync(root, { recursive: true }));

/** With files, snapshots, an archived log, and objects of all of them. */
async function prepareTenant(directory: string): Promise<void> {
  const database = await openDatabase({ directory, command: "test" });
  const call = { requestId: "test", deadline: noDeadline() };
  const created = await database.execute(
    operations.createTenant,
    { name: "acme" },
    { ...call, caller: ownProcess },
  );
  const tenantId = created.id as TenantId;
  const principal = { kind: "local", tenantId, roles: ["admin"] } as const;
  const own = { ...call, caller: { principal, ipAddress: null, userAgent: null } };
  await database.execute(operations.createDatabase, { name: "more" }, own);
  for (const within of ["default", "more"]) {
    const there = { ...own, database: within };
    for (const tieringPolicy of ["memory", "memory_s3"] as const) {
      const made = { name: tieringPolicy, dimension: 16, tieringPolicy };
      await database.execute(operations.createCollection, made, there);
      const written = { collection: tieringPolicy, documents: [{ externalId: "d", vector }] };
      await database.execute(operations.upsertDocuments, written, there);
      const upload = tieringPolicy === "memory_s3";
      await database.execute(
        operations.createSnapshot,
        { collection: tieringPolicy, wait: true, upload },
        there,
      );
    }
  }
  await database.close();
}

/** Of what deletes a tenant, from its mark to its row. */
const kills: readonly (Pick<KillPoint, "point" | "moment"> & { readonly occurrence?: number })[] = [
  { point: "catalog.db: commit", occurrence: 4, moment: "after" },
  { point: "catalog.db: delete from collections", occurrence: 2, moment: "after" },
  { point: "unlink objects/collections/<id>/snapshots/<id>/documents.parquet@object", moment: "after" },
  { point: "catalog.db: delete from tenants", moment: "before" },
];

async function deleteTenant(directory: string, kill?: KillPoint) {
  cpSync(inRoot("prepared"), directory, { recursive: true });
  const settings = { root: directory, journal: inRoot("journal"), ...(kill !== undefined && { kill }) };
  const { lines } = await runFailpointProcess(child, [directory], settings);
  return lines.filter(({ kind }) => kind !== "point");
}

/** The next start goes on by itself, and in the end all is as if there had never been a tenant. */
async function expectGone(directory: string): Promise<void> {
  const db = await open({ path: directory, wal: { sync: "never" } });
  const left = async () => ({
    tenants: (await db.tenants.list()).items.map(({ slug }) => slug),
    tree: treeOf(directory, kept),
  });
  await vi.waitFor(async () => expect(await left()).toEqual({ tenants: ["default"], tree: before }), 10_000);
  expect((await db.collection("kept").get("d")).externalId).toBe("d");
  await db.close();
  const ids = new UuidV7Generator(systemClock, systemRandom);
  const catalog = await openCatalog({ path: join(directory, "catalog.db"), clock: systemClock, ids });
  expect((await catalog.collections.list("all")).items.map(({ id }) => id)).toEqual([kept]);
  expect((await catalog.databases.list("all")).items).toHaveLength(1);
  await catalog.close();
}

it("a tenant whose deletion is not cut off leaves nothing behind", async () => {
  expect(await deleteTenant(inRoot("whole"))).toEqual([{ kind: "end" }]);
  await expectGone(inRoot("whole"));
}, 60_000);

it.each(kills)(
  "nor where the process is killed $moment $point",
  async (kill) => {
    const directory = mkdtempSync(inRoot("killed-"));
    const lines = await deleteTenant(directory, { occurrence: 1, delayMicroseconds: 50, ...kill });
    expect(lines).toEqual([{ kind: "killed" }]);
    await expectGone(directory);
  },
  60_000,
);

it("a tenant whose deletion was not begun for good is whole", async () => {
  const directory = inRoot("undecided");
  const kill = { point: "catalog.db: update databases set", occurrence: 2, moment: "after" } as const;
  expect(await deleteTenant(directory, { ...kill, delayMicroseconds: 50 })).toEqual([{ kind: "killed" }]);
  const db = await open({ path: directory, wal: { sync: "never" } });
  expect(await db.tenants.get("acme")).toMatchObject({ status: "active" });
  await db.close();
  expect(treeOf(directory, kept)).toEqual(treeOf(inRoot("prepared"), kept));
}, 60_000);
