/**
 * `npm run test:tiers`: the life of a collection of 100,000 vectors over the tiers, on a folder and on an S3 server; with `--kills`,
 * a process is killed at each point where it touches its files. Fails where anything is not what it was.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ObjectStoreOptions } from "@akidb/database";
import { startS3Server } from "@akidb/objects/s3-server";
import { builtUrl } from "../builtUrl.ts";
import { killEverywhere, killFigures } from "../failpoints/killEverywhere.ts";
import { checkAfterwards, prepare, tierProgram } from "./tierKills.ts";
import { runTierLife } from "./tierLife.ts";

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "100000" },
    dimension: { type: "string", default: "128" },
    seed: { type: "string", default: "1" },
    // Where the data are: a process that is killed leaves the same on a disk in memory.
    directory: { type: "string", default: tmpdir() },
    kills: { type: "boolean", default: false },
    // With kills: of points whose names this expression finds.
    points: { type: "string", default: "" },
  },
});

const root = mkdtempSync(join(values.directory, "akidb-tiers-"));
const problems = values.kills ? await kills() : await lives();
for (const problem of problems) console.error(`FAILED: ${problem}`);
if (problems.length > 0) {
  console.error(`the data directory is kept in ${root}`);
  process.exitCode = 1;
} else {
  rmSync(root, { recursive: true });
}

async function kills(): Promise<readonly string[]> {
  await prepare(root);
  console.log(`kills at each point, seed ${values.seed}`);
  const report = await killEverywhere({
    history: { program: tierProgram, root },
    restart: builtUrl(import.meta.url, "../failpoints/startChild.js"),
    check: checkAfterwards,
    only: new RegExp(values.points),
    seed: Number(values.seed),
    say: console.log,
  });
  for (const line of killFigures(report)) console.log(line);
  return report.problems;
}

async function lives(): Promise<readonly string[]> {
  await using server = await startS3Server();
  const { bucketName: bucket, endpoint, credentials } = server;
  const s3: ObjectStoreOptions = { kind: "s3", bucket, endpoint, ...credentials, forcePathStyle: true };
  const found: string[] = [];
  for (const [name, objectStore] of [
    ["folder", {}],
    ["S3", s3],
  ] as const) {
    console.log(`object store: ${name}; seed ${values.seed}`);
    await runTierLife({
      directory: join(root, name),
      objectStore,
      seed: Number(values.seed),
      documentCount: Number(values.documents),
      dimension: Number(values.dimension),
      say: console.log,
    }).catch((error: Error) => found.push(`${name}: ${error.message}`));
  }
  return found;
}
