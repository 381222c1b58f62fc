import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "../serverProcess.ts";
import { fuzzApi } from "./fuzzApi.ts";

const seed = 20_261_127;
let directory: string;
let server: ServerProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-fuzz-"));
  server = await startServerProcess(directory);
});
afterAll(async () => {
  await server.kill();
  rmSync(directory, { recursive: true });
});

it(`answers whatever is sent to any route, and never by an internal error (seed ${seed})`, async () => {
  const report = await fuzzApi({ url: server.url, seed, goesOn: (count) => count < 1_000 });
  expect(report.faults).toEqual([]);
  expect(report.routesAsked).toBe(report.routeCount);
  expect(report.acceptedCount).toBeGreaterThan(80);
});
