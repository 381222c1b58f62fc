import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AkiDb, systemClock, systemRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { open } from "@akidb/database";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { pino } from "pino";
import { afterAll, beforeAll, describe } from "vitest";
import { checkLangChain } from "./langChain.contract.ts";
import { checkLlamaIndex } from "./llamaIndex.contract.ts";
import { checkMastra } from "./mastra.contract.ts";

let root: string;
let server: RunningServer;
let local: AkiDb;
let remote: AkiDb;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "akidb-integrations-"));
  const flags = {
    "--rest-port": "0",
    "--grpc-port": "0",
    "--data-dir": join(root, "served"),
    "--wal-sync": "never",
  };
  const config = loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false });
  const logger = pino({ level: "silent" });
  server = await startServer(config, {
    clock: systemClock,
    random: systemRandom,
    logger,
    command: "integrations",
  });
  remote = connect({ url: server.url });
  local = await open({ path: join(root, "opened"), wal: { sync: "never" } });
});
afterAll(async () => {
  await Promise.all([local.close(), server.close()]);
  rmSync(root, { recursive: true });
});

describe.each([
  ["in-process", () => local],
  ["over REST", () => remote],
] as const)("%s", (_, db) => {
  checkLangChain(db);
  checkLlamaIndex(db);
  checkMastra(db);
});
