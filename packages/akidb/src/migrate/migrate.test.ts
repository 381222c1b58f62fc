import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom, systemClock } from "@akidb/base";
import { afterEach, beforeEach, expect, it } from "vitest";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";

const example = fileURLToPath(new URL("../../../../docs/examples/akidb-1", import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akidb-migrate-"));
  cpSync(example, join(folder, "v1"), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

async function migrate(...args: readonly string[]) {
  const terminal = recordingTerminal();
  let exitCode = 0;
  const directories = ["--v1-data-dir", join(folder, "v1"), "--v2-data-dir", join(folder, "v2")];
  const error: unknown = await runProgram(["migrate", ...args, ...directories], {
    terminal,
    files: systemFiles,
    machine: systemMachine,
    pipes: systemPipes,
    environment: {},
    clock: systemClock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: (code) => {
      exitCode = code;
    },
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { printed: terminal.printed, noted: terminal.noted, exitCode, error };
}

it("prints the same plan for a dry run and for the run, and what differs afterwards", async () => {
  const planned = JSON.parse((await migrate("v1-to-v2", "--dry-run", "--json")).printed);
  expect(readdirSync(folder)).toEqual(["v1"]);
  const created = { tenants: 2, collections: 1, documents: 4 };
  expect(planned).toMatchObject({ dry_run: true, created, verification: null });
  expect(planned.plan.tenants).toMatchObject([
    {
      action: "create",
      legacy_tenant_id: "tenant_6f1c2d3e4b5a69788796a5b4c3d2e1f0",
      slug: "acme-corp",
      status: "active",
      file: "tenants/acme/manifest.json",
      collections: [{ action: "create", name: "planets", dimension: 16, metric: "cosine" }],
    },
    { slug: "globex", status: "decommissioned", collections: [] },
  ]);
  const run = JSON.parse((await migrate("v1-to-v2", "--json")).printed);
  expect(run).toMatchObject({ dry_run: false, created, verification: { tenants: 2, finding_count: 0 } });
  expect(run.plan).toEqual(planned.plan);
  expect((await migrate("v1-to-v2")).printed).toContain("nothing to migrate: everything is there already");

  const vectors = join(folder, "v1/tenants/acme/collections/planets/vectors.jsonl");
  writeFileSync(vectors, JSON.stringify({ id: "pluto", vector: Array.from({ length: 16 }, () => 1) }));
  const { printed, exitCode } = await migrate("verify", "--tenant", "acme-corp");
  expect(exitCode).toBe(1);
  expect(printed).toContain('planets/vectors.jsonl: line 1: document "pluto" is not in v2\n');
  expect(printed).toMatch(/^1 tenant, 1 collection, 1 document: 2 differences$/m);
});

it("tells all that is wrong, and the first of it as the error", async () => {
  writeFileSync(join(folder, "v1/tenants/acme/manifest.json"), '{"tenant_id": "acme", "name": ["x"]}');
  const { error, noted, printed } = await migrate("v1-to-v2");
  expect(error).toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(/^tenants\/acme\/manifest.json: tenant_id: .* \(and 3 more\)$/),
  });
  expect(noted.split("\n").map((line) => line.split(": ")[1])).toEqual([
    ...["tenant_id", "name", "status", "created_at"],
    undefined,
  ]);
  expect(printed).toBe("");
  expect(readdirSync(folder)).toEqual(["v1"]);
});

it("leaves collections out by their names", async () => {
  const { printed } = await migrate(
    "v1-to-v2",
    "--exclude-collection",
    "planets",
    "--exclude-collection",
    "x",
  );
  expect(printed).toContain("created 2 tenants and 0 collections with 0 documents");
});
