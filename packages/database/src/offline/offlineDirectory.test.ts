import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionId, systemClock, systemRandom } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { LogEvent } from "../logEvent.ts";
import { open } from "../open.ts";
import { OfflineDirectory } from "./offlineDirectory.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-offline-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const openOffline = () =>
  OfflineDirectory.open({ directory, clock: systemClock, random: systemRandom, command: "a test" });
const vector = new Float32Array(16).fill(1);
const collectionDirectories = () => readdirSync(join(directory, "collections")).sort();

/** Of another tenant than the default one, with a document; its files have no name yet. */
async function createRecord(offline: OfflineDirectory): Promise<CollectionRecord> {
  const { tenants, databases, collections } = offline.catalog;
  const tenant = await tenants.create({ name: "Acme" });
  const database = await databases.create(tenant.id, { name: "default" });
  const record = await collections.create(database.id, { name: "docs", dimension: 16 });
  const created = await offline.create(record);
  await created.collection.upsert([{ externalId: "a", vector }]);
  await created.close();
  return record;
}

it("settles a collection that the catalog has, and one that it has not", async () => {
  const offline = await openOffline();
  const record = await createRecord(offline);
  const unknown = { ...record, id: "01890000-0000-7000-8000-000000000001" as CollectionId };
  await (await offline.create(unknown)).abandon();
  expect(collectionDirectories()).toEqual([`${unknown.id}.creating`, `${record.id}.creating`]);
  await offline.settle();
  expect(collectionDirectories()).toEqual([record.id]);
  const opened = await offline.open(record);
  expect(opened.collection.get("a", ["vector"])?.vector).toEqual(vector);
  await opened.close();
  await offline.close();
});

it("leaves another tenant's collection for the next start to give its name", async () => {
  const offline = await openOffline();
  const record = await createRecord(offline);
  await offline.close();
  const events: LogEvent[] = [];
  const db = await open({ path: directory, log: (event) => events.push(event) });
  await db.close();
  expect(collectionDirectories()).toEqual([record.id]);
  expect(events.filter(({ kind }) => kind === "orphan_found")).toEqual([]);
});

it("is one process's at a time", async () => {
  const offline = await openOffline();
  await expect(openOffline()).rejects.toMatchObject({ code: "failed_precondition" });
  await offline.close();
  await (await openOffline()).close();
  expect(existsSync(join(directory, "VERSION"))).toBe(true);
});
