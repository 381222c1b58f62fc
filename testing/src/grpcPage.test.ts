import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { systemClock, systemRandom } from "@akidb/base";
import { errorMapping } from "@akidb/protocol";
import * as messages from "@akidb/protocol/grpc";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { status } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/grpc.md"), "utf8");
const program = "docs/examples/grpcQuickStart.mjs";
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code!);

let directory: string;
let server: RunningServer;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-grpc-page-"));
  const flags = { "--rest-port": "0", "--grpc-port": "0", "--data-dir": directory, "--wal-sync": "never" };
  const config = loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false });
  const logger = pino({ level: "silent" });
  server = await startServer(config, { clock: systemClock, random: systemRandom, logger, command: "page" });
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

it("the page's program is the one that runs, and prints what the page says", async () => {
  expect(blocks("js")).toEqual([readFileSync(join(root, program), "utf8")]);
  expect(blocks("sh")[0]).toBe(`node ${program}\n`);
  const { stdout } = await promisify(execFile)(process.execPath, [program, server.grpcAddress], {
    cwd: root,
  });
  expect(stdout).toBe(blocks("text")[0]);
});

it("the page's table has the status of each error", () => {
  const cells = [...page.matchAll(/\| ((?:`[a-z_]+`(?:, )?)+) \| `([A-Z_]+)` (?=\|)/g)];
  const told = cells.flatMap(([, codes, name]) =>
    codes!.split(", ").map((code) => [code.slice(1, -1), name]),
  );
  const expected = Object.entries(errorMapping).map(([code, { grpcStatus }]) => [code, status[grpcStatus]]);
  expect(told.sort()).toEqual(expected.sort());
});

it("the page's table has every method of every service", () => {
  const rows = [...page.matchAll(/^\| `(akidb\.[\w.]+)` \| (.*) \|$/gm)];
  const told = rows.map(([, service, methods]) => [service, methods!.replaceAll("`", "").split(", ").sort()]);
  const services = Object.entries(messages).filter(([name]) => name.endsWith("ServiceDefinition"));
  const there = services.map(([, service]) => {
    const { fullName, methods } = service as typeof messages.EmbeddingServiceDefinition;
    return [
      fullName,
      Object.values(methods)
        .map(({ name }) => name as string)
        .sort(),
    ];
  });
  expect(told.sort()).toEqual(there.sort());
});
