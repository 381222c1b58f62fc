import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, systemRandom } from "@akidb/base";
import { vectorFromWire } from "@akidb/client";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundlePage, type PageBundle } from "./bundlePage.ts";
import { type Browser, findChromium, openInChromium } from "./chromium.ts";
import type { PageOutcome, PageReport } from "./pageProgram.ts";
import { type PageServer, startPageServer } from "./pageServer.ts";

let bundle: PageBundle;
beforeAll(async () => {
  bundle = await bundlePage();
});

it("what browsers load has nothing of Node's in it", () => {
  expect(bundle.externals).toEqual([]);
  const libraries = bundle.modules.filter((id) => id.includes("node_modules"));
  expect(libraries.filter((id) => !id.includes("/node_modules/typebox/"))).toEqual([]);
  expect(bundle.modules.some((id) => id.endsWith("/restCollection.ts"))).toBe(true);
});

const chromium = findChromium();
const reason = chromium === undefined ? " (skipped: there is no chromium on PATH)" : "";

describe.skipIf(chromium === undefined)(`the SDK in a browser${reason}`, () => {
  let directory: string;
  let pages: PageServer;
  let server: RunningServer;
  let browser: Browser;
  let report: PageReport;
  let stranger: PageOutcome;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "akidb-browser-"));
    pages = await startPageServer(bundle.files, () => server.url);
    const flags = {
      "--rest-port": "0",
      "--grpc-port": "0",
      "--data-dir": directory,
      "--wal-sync": "never",
      "--server-cors-origins": pages.origin,
    };
    const config = loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false });
    const logger = pino({ level: "silent" });
    server = await startServer(config, {
      clock: systemClock,
      random: systemRandom,
      logger,
      command: "browser",
    });
    browser = openInChromium(chromium!, pages.origin);
    const outcome = (origin: string): Promise<PageOutcome> =>
      Promise.race([pages.outcome(origin), browser.ended]);
    const own = await outcome(pages.origin);
    if (!own.ok) throw new Error(`the page failed: ${JSON.stringify(own.error)}`);
    report = own.report;
    stranger = await outcome(pages.frameOrigin);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([pages?.close(), server?.close()]);
    rmSync(directory, { recursive: true });
  });

  it("makes a collection, and writes documents with vectors in base64", () => {
    expect(report.userAgent).toMatch(/Chrome\/\d+/);
    expect(report).toMatchObject({ dimension: 32, upsertedCount: 120 });
    expect(report.vectorOnWire).toEqual({ base64: expect.any(String) });
    const components = Array.from({ length: 32 }, (_, at) => Math.sin(at + 1));
    expect(vectorFromWire(report.vectorOnWire, "vector")).toEqual(Float32Array.from(components));
  });

  it("finds the nearest under a filter, with metadata and vector", () => {
    const { externalId, metadata, components } = report.nearest;
    expect(Number(externalId?.replace("doc-", ""))).toBeGreaterThanOrEqual(100);
    expect(metadata).toEqual({ n: Number(externalId?.replace("doc-", "")), isEven: true });
    expect(components).toBe(32);
  });

  it("scrolls page by page as an iterator", () => {
    const odd = Array.from({ length: 60 }, (_, n) => `doc-${2 * n + 1}`);
    expect(report.scrolled).toEqual(odd);
  });

  it("rejects with errors of the one family", () => {
    expect(report.refused).toMatchObject({
      isOfFamily: true,
      code: "invalid_argument",
      paths: ["filter.n.$near"],
    });
    expect(report.missing).toMatchObject({ isOfFamily: true, code: "not_found" });
  });

  it("ends a call when it is cancelled, and when its time is over", () => {
    expect(report.cancelled).toMatchObject({ isOfFamily: true, code: "unavailable" });
    expect(report.cancelled.message).toContain("cancelled");
    expect(report.late).toMatchObject({ isOfFamily: true, code: "deadline_exceeded" });
  });

  it("is kept out where the page's origin may not call", () => {
    expect(stranger).toMatchObject({ ok: false, error: { isOfFamily: true, code: "unavailable" } });
  });
});
