import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemClock, systemRandom } from "@akidb/base";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/sdk.md"), "utf8");
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code!);

let directory: string;
let server: RunningServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-sdk-page-"));
  const flags = { "--rest-port": "0", "--grpc-port": "0", "--data-dir": directory, "--wal-sync": "never" };
  const config = loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false });
  const logger = pino({ level: "silent" });
  server = await startServer(config, { clock: systemClock, random: systemRandom, logger, command: "page" });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

it.each(["http", "grpc"])("the page's program prints over %s what the page says", async (scheme) => {
  const url = scheme === "http" ? server.url : `grpc://${server.grpcAddress}`;
  const [program] = blocks("ts");
  const code = program!.replace("http://127.0.0.1:8080", url);
  expect(code).toContain(url);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module-typescript", "--no-warnings", "--eval", code],
    { cwd: root },
  );
  expect(stdout).toBe(blocks("text")[0]);
});
