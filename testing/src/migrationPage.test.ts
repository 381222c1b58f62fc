import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { startServerProcess } from "./serverProcess.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "packages/akidb/bin/akidb.js");
const page = readFileSync(join(root, "docs/migration.md"), "utf8");
const directory = mkdtempSync(join(tmpdir(), "akidb-migration-page-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Commands, each with the output that stands behind it. */
const examples = [...page.matchAll(/^```sh\n(.*?)^```\n\n```text\n(.*?)^```/gms)].map(
  ([, command, output]) => ({ command: command!, output: output! }),
);

it("the commands of the page on migration print what stands there", async () => {
  expect(examples).toHaveLength(page.match(/^```sh$/gm)!.length);
  for (const { command, output } of examples) {
    const script = command
      .replaceAll("npx akidb", `"${process.execPath}" "${bin}"`)
      .replaceAll("./akidb-data", join(directory, "data"));
    const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: root });
    expect(stdout, command).toBe(output);
  }
  // And the key of 1.x goes on working.
  const server = await startServerProcess(join(directory, "data"));
  try {
    const planet = (key: string) =>
      fetch(`${server.url}/api/v1/collections/planets/documents/mars`, { headers: { "X-API-Key": key } });
    expect(await (await planet("ak_acme_example")).json()).toMatchObject({
      external_id: "mars",
      metadata: { moons: 2 },
    });
    expect((await planet("ak_acme_exampl")).status).toBe(401);
  } finally {
    await server.stop();
  }
});
