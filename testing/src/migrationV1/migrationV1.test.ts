import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { proveMigration } from "./proof.ts";

const seed = 41;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-migration-v1-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What `npm run test:migration-v1` does with a thousand tenants. */
it(`tenants of 1.x come over whole or not at all, whatever fails (seed ${seed})`, async () => {
  const report = await proveMigration({
    directory,
    tenantCount: 20,
    collectionsEvery: 20,
    faultsEvery: 0,
    kills: 2,
    seed,
  });
  expect(report).toMatchObject({
    counts: { tenants: 20, collections: 2, documents: 18 },
    faults: 6,
    rolledBack: 5,
  });
  expect(report.killed).toBeGreaterThan(0);
}, 120_000);
