/**
 * `npm run test:migration-v1 -- --tenants 1000 --faults-every 1`: migrations from 1.x, verified, run again, failed at their
 * steps and killed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { proveMigration } from "./proof.ts";

const { values } = parseArgs({
  options: {
    tenants: { type: "string", default: "1000" },
    "collections-every": { type: "string", default: "100" },
    "faults-every": { type: "string", default: "1" },
    kills: { type: "string", default: "20" },
    seed: { type: "string", default: "41" },
  },
});
const directory = mkdtempSync(join(tmpdir(), "akidb-migration-v1-"));
try {
  const report = await proveMigration({
    directory,
    tenantCount: Number(values.tenants),
    collectionsEvery: Number(values["collections-every"]),
    faultsEvery: Number(values["faults-every"]),
    kills: Number(values.kills),
    seed: Number(values.seed),
    onProgress: (line) => console.log(line),
  });
  console.log(JSON.stringify(report));
} finally {
  rmSync(directory, { recursive: true });
}
