import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, systemClock } from "@akidb/base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ServerHere, startServerHere } from "../adapters/serverHere.test.support.ts";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";

const folder = mkdtempSync(join(tmpdir(), "akidb-grpc-target-"));
const inFolder = (name: string): string => join(folder, name);
let server: ServerHere;

beforeAll(async () => {
  mkdirSync(inFolder("data"));
  server = await startServerHere(inFolder("data"));
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function akidb(...args: readonly string[]): Promise<string> {
  const terminal = recordingTerminal();
  await runProgram([...args, "--url", server.grpcUrl], {
    terminal,
    files: systemFiles,
    machine: systemMachine,
    pipes: systemPipes,
    environment: {},
    clock: systemClock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: () => {},
  });
  return terminal.printed;
}

it("a server of gRPC is a target as one of REST is, from the first document to the last", async () => {
  const lines = Array.from({ length: 250 }, (_, n) => ({
    external_id: `d${n}`,
    text: `text ${n}`,
    metadata: { n },
  }));
  writeFileSync(inFolder("books.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  await akidb("import", inFolder("books.jsonl"), "--collection", "books");
  expect(JSON.parse(await akidb("count", "books", "--filter", '{"n": {"$lt": 7}}', "--json"))).toMatchObject({
    count: 7,
  });
  const found = JSON.parse(await akidb("query", "books", "text 17", "--top-k", "1", "--json"));
  expect(found.matches).toMatchObject([{ external_id: "d17", metadata: { n: 17 } }]);

  await akidb("export", "books", "--output", inFolder("out.jsonl"));
  expect(readFileSync(inFolder("out.jsonl"), "utf8").trim().split("\n")).toHaveLength(250);
  const snapshot = JSON.parse(await akidb("snapshots", "create", "books", "--json"));
  await akidb("snapshots", "download", "books", snapshot.snapshot_id, "--output", inFolder("out.parquet"));
  expect(readFileSync(inFolder("out.parquet"), "latin1").slice(0, 4)).toBe("PAR1");
  expect(JSON.parse(await akidb("delete", "books", "d1", "d2", "--json"))).toEqual({ deleted_count: 2 });
  expect(JSON.parse(await akidb("audit", "verify", "--json"))).toMatchObject({ problem_count: 0 });
  expect(JSON.parse(await akidb("collections", "delete", "books", "--yes", "--json"))).toMatchObject({
    name: "books",
    document_count: 248,
  });
  expect(JSON.parse(await akidb("collections", "list", "--json"))).toEqual([]);
});

it("the doctor asks servers over REST, and says so", async () => {
  await expect(akidb("doctor")).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [{ path: "--url" }],
  });
});
