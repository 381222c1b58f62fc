import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { openCatalog } from "@akidb/catalog";
import { builtUrl } from "../builtUrl.ts";
import { MigrationWorld } from "./migrationWorld.ts";
import { type V1DataCounts, v1KeyOf, writeV1Data } from "./v1Data.ts";

export interface ProofOptions {
  /** An empty directory. */
  readonly directory: string;
  readonly tenantCount: number;
  readonly collectionsEvery: number;
  readonly seed: number;
  /**
   * Faults come at every step that is not a tenant's row, and at those of every so manieth tenant; 0 for the first step of
   * each kind alone.
   */
  readonly faultsEvery: number;
  /** Processes that are killed. */
  readonly kills: number;
  readonly onProgress?: (line: string) => void;
}

export interface ProofReport {
  readonly counts: V1DataCounts;
  readonly steps: number;
  readonly faults: number;
  readonly rolledBack: number;
  readonly killed: number;
  readonly migrateMs: number;
  readonly verifyMs: number;
  readonly rerunMs: number;
}

/**
 * Migrates, verifies, migrates again without a change, fails at step after step, and kills process after process. Throws at
 * the first thing that is not as it should be.
 */
export async function proveMigration(options: ProofOptions): Promise<ProofReport> {
  const { directory, onProgress = () => {} } = options;
  const world = new MigrationWorld(directory);
  const counts = writeV1Data({ ...options, directory: world.v1Directory });
  await world.reset();

  const steps: string[] = [];
  const { result, migrateMs } = await timed("migrateMs", () =>
    world.migrate(({ kind }) => void steps.push(kind)),
  );
  strictEqual(result.createdTenantCount, counts.tenants);
  strictEqual(result.createdCollectionCount, counts.collections);
  strictEqual(result.documentCount, counts.documents);
  deepStrictEqual(result.verification.findings, []);
  onProgress(`migrated ${JSON.stringify(counts)} in ${Math.round(migrateMs)} ms, ${steps.length} steps`);

  const verification = await timed("verifyMs", () => world.verify());
  deepStrictEqual(verification.result.findings, []);
  strictEqual(verification.result.tenantCount, counts.tenants);
  strictEqual(verification.result.documentCount, counts.documents);
  await checkKeys(world, counts, options);
  const migrated = world.contents();
  const rerun = await timed("rerunMs", () => world.migrate());
  strictEqual(rerun.result.createdTenantCount + rerun.result.createdCollectionCount, 0);
  deepStrictEqual(world.contents(), migrated);
  strictEqual(await world.start(), undefined);
  onProgress(`verified in ${Math.round(verification.verifyMs)} ms, run again without a change`);

  await world.reset();
  const faults = await failAtSteps(world, { ...options, steps });
  onProgress(`failed at ${faults.faults} steps, rolled back ${faults.rolledBack} times`);
  await world.reset();
  const killed = await killProcesses(world, { ...options, steps, migrateMs, counts });
  onProgress(`killed ${killed} processes`);
  const { verifyMs } = verification;
  return { counts, steps: steps.length, ...faults, killed, migrateMs, verifyMs, rerunMs: rerun.rerunMs };

  function timed<Name extends string, Result>(name: Name, work: () => Promise<Result>) {
    const startMs = systemClock.monotonicMs();
    return work().then(
      (result) =>
        ({ result, [name]: systemClock.monotonicMs() - startMs }) as { result: Result } & Record<
          Name,
          number
        >,
    );
  }
}

/** Every key of 1.x is found in the tenant that it was made for. */
async function checkKeys(
  { v2Directory }: MigrationWorld,
  { keys }: V1DataCounts,
  { tenantCount }: ProofOptions,
): Promise<void> {
  const ids = new UuidV7Generator(systemClock, systemRandom);
  const path = join(v2Directory, "catalog.db");
  const catalog = await openCatalog({ path, clock: systemClock, ids });
  let found = 0;
  for (let index = 0; index < tenantCount; index++) {
    const key = await catalog.apiKeys.findByHash(createHash("sha256").update(v1KeyOf(index)).digest());
    if (key !== undefined) found += 1;
  }
  await catalog.close();
  strictEqual(found, keys);
}

async function failAtSteps(
  world: MigrationWorld,
  { steps, faultsEvery }: ProofOptions & { readonly steps: readonly string[] },
): Promise<{ readonly faults: number; readonly rolledBack: number }> {
  const before = world.contents();
  const commitAt = steps.indexOf("commit");
  let rolledBack = 0;
  let faults = 0;
  for (const [at, kind] of steps.entries()) {
    const isOfTenant = kind === "insert_tenant";
    if (faultsEvery === 0 ? steps.indexOf(kind) !== at : isOfTenant && at % faultsEvery !== 0) continue;
    faults += 1;
    let passed = 0;
    const failure = await world
      .migrate((step) => {
        if (passed++ !== at) return;
        strictEqual(step.kind, kind);
        throw new Error(`fault at step ${at}`);
      })
      .then(
        () => undefined,
        (error: Error) => error,
      );
    if (at <= commitAt) {
      strictEqual(failure?.message, `fault at step ${at}`);
      deepStrictEqual(world.contents(), before, `after a fault at step ${at}, ${kind}`);
      rolledBack += 1;
    } else {
      strictEqual((failure as { code?: string } | undefined)?.code, "unavailable");
      deepStrictEqual((await world.migrate()).verification.findings, []);
      strictEqual(await world.start(), undefined);
      await world.reset();
    }
  }
  return { faults, rolledBack };
}

const child = builtUrl(import.meta.url, "./migrationChild.js");

/** Half of them at a step, half of them at any time. @returns how many had not done by then */
async function killProcesses(
  world: MigrationWorld,
  {
    seed,
    kills,
    steps,
    migrateMs,
    counts,
  }: ProofOptions & {
    readonly steps: readonly string[];
    readonly migrateMs: number;
    readonly counts: V1DataCounts;
  },
): Promise<number> {
  const random = new SeededRandom(seed);
  const kinds = ["name_collection", "commit", "load_collection", "write_documents", "insert_tenant"];
  const occurrenceOf = (kind: string) => 1 + random.nextInt(steps.filter((step) => step === kind).length);
  let killed = 0;
  for (let round = 0; round < kills; round++) {
    const kind = round % 2 === 0 ? kinds[(round / 2) % kinds.length]! : "never";
    const running = spawn(
      process.execPath,
      [fileURLToPath(child), world.v1Directory, world.v2Directory, kind, String(occurrenceOf(kind))],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    if (kind === "never") {
      running.stdout.once("data", () => {
        setTimeout(() => running.kill("SIGKILL"), random.nextFloat() * migrateMs);
      });
    }
    const [, signal] = await once(running, "close");
    if (signal === "SIGKILL") killed += 1;
    await checkAfterKill(world, counts);
  }
  return killed;
}

async function checkAfterKill(world: MigrationWorld, counts: V1DataCounts): Promise<void> {
  strictEqual(await world.start(), undefined);
  const directories = world.collectionDirectories();
  deepStrictEqual(
    directories.filter((name) => name.length > 36),
    [],
  );
  if (directories.length > 1) {
    strictEqual(directories.length, 1 + counts.collections);
    strictEqual((await world.migrate()).createdTenantCount, 0);
    await world.reset();
  } else {
    const { findingCount, tenantCount } = await world.verify();
    strictEqual(tenantCount, 0);
    strictEqual(findingCount, counts.tenants);
  }
}
