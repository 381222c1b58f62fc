import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, systemClock } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";
import { diagnose } from "./diagnose.ts";
import type { Finding } from "./finding.ts";
import type { Machine } from "./machine.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-doctor-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const gigabyte = 1_000_000_000;

/** The real machine, but for what a test wants of it. */
async function findings(
  changes: Partial<Machine> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, Finding>>> {
  const machine: Machine = {
    ...systemMachine,
    disk: async () => ({ freeBytes: 500 * gigabyte, totalBytes: 1_000 * gigabyte, kind: 0xef53 }),
    ...changes,
  };
  const cli = {
    terminal: recordingTerminal(),
    files: systemFiles,
    machine,
    pipes: systemPipes,
    environment: { AKIDB_REST_PORT: "0", AKIDB_GRPC_PORT: "0", ...environment },
    clock: systemClock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: () => {},
  };
  const all = await diagnose(cli, machine, { dataDir: directory });
  return Object.fromEntries(all.map((finding) => [finding.check, finding]));
}

describe("doctor", () => {
  it("finds a file in the data directory's place", async () => {
    const file = join(directory, "a-file");
    writeFileSync(file, "");
    expect(await systemMachine.tryWriting(join(file, "data"))).toEqual({
      kind: "refused",
      path: file,
      code: "ENOTDIR",
    });
  });

  it("finds a sound machine sound, and leaves nothing in the data directory", async () => {
    const found = await findings();
    expect(Object.values(found).filter(({ status }) => status === "problem")).toEqual([]);
    for (const check of [
      "node",
      "configuration",
      "data directory",
      "disk space",
      "file system",
      "server",
      "port",
    ]) {
      expect(found[check]).toMatchObject({ status: "ok", advice: null });
    }
    expect(found["embedding"]).toMatchObject({ status: "ok", detail: "hashing, 384 dimensions" });
    expect(found["object store"]).toMatchObject({ status: "ok" });
    expect(readdirSync(directory)).toEqual([]);
  });

  it("says what to do about a disk that is full, or of a kind that does not suit", async () => {
    const full = await findings({
      disk: async () => ({ freeBytes: 1_000, totalBytes: 1_000 * gigabyte, kind: 0x6969 }),
    });
    expect(full["disk space"]).toMatchObject({
      status: "problem",
      advice: expect.stringContaining("make room"),
    });
    expect(full["file system"]).toMatchObject({ status: "warning", detail: expect.stringContaining("NFS") });
    const nearly = await findings({
      disk: async () => ({ freeBytes: 100 * gigabyte, totalBytes: 1_000 * gigabyte, kind: 0 }),
    });
    expect(nearly["disk space"]?.status).toBe("warning");
  });

  it("knows a directory that others read", async () => {
    chmodSync(directory, 0o755);
    expect((await findings())["data directory"]).toMatchObject({
      status: "warning",
      advice: `chmod 700 ${directory}`,
    });
  });

  it("knows an old Node, and too little memory", async () => {
    const found = await findings({
      nodeVersion: "20.1.0",
      memory: { totalBytes: 8 * gigabyte, limitBytes: 0.1 * gigabyte, heapBytes: gigabyte },
    });
    expect(found["node"]?.status).toBe("problem");
    expect(found["memory"]?.status).toBe("warning");
  });

  it("knows a port that is taken, and a server on it that is not AkiDB", async () => {
    const other = createServer((_request, response) => response.end("{}"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = other.address() as AddressInfo;
      const found = await findings({}, { AKIDB_REST_PORT: String(port) });
      expect(found["port"]).toMatchObject({
        status: "problem",
        detail: expect.stringContaining("EADDRINUSE"),
      });
      expect((await findings({}, { AKIDB_GRPC_PORT: String(port) }))["gRPC port"]?.status).toBe("problem");
      const cli = {
        terminal: recordingTerminal(),
        files: systemFiles,
        machine: systemMachine,
        pipes: systemPipes,
        environment: {},
        clock: systemClock,
        random: new SeededRandom(1),
        version: "1.2.3",
        exitWith: () => {},
      };
      expect(await diagnose(cli, systemMachine, { url: `http://127.0.0.1:${port}/` })).toMatchObject([
        { check: "server", status: "problem" },
      ]);
    } finally {
      other.close();
    }
  });

  it("knows an option that is wrong, and an object store that cannot be used", async () => {
    expect((await findings({}, { AKIDB_WAL_SYNC: "sometimes" }))["configuration"]?.status).toBe("problem");
    const found = await findings({}, { AKIDB_OBJECT_STORE_KIND: "s3" });
    expect(found["object store"] ?? found["configuration"]).toMatchObject({ status: "problem" });
  });

  it("knows an embedding server that does not answer", async () => {
    const found = await findings(
      {},
      {
        AKIDB_EMBEDDING_PROVIDER: "http",
        AKIDB_EMBEDDING_MODEL: "m",
        AKIDB_EMBEDDING_URL: "http://127.0.0.1:1/v1",
      },
    );
    expect(found["embedding"]).toMatchObject({
      status: "problem",
      detail: "the embedding server cannot be reached",
      advice: expect.stringContaining("embedding.url"),
    });
  });

  it("looks at the next model, too", async () => {
    const next = { AKIDB_EMBEDDING_NEXT_PROVIDER: "mock" };
    const found = await findings({}, next);
    expect(found["embedding"]).toMatchObject({ status: "ok", detail: "hashing, 384 dimensions" });
    expect(found["embedding.next"]).toMatchObject({ status: "ok", detail: "mock, 16 dimensions" });
    const unknown = await findings({}, { ...next, AKIDB_EMBEDDING_NEXT_MODEL: "m" });
    expect(unknown["embedding.next"]).toMatchObject({
      status: "problem",
      advice: "check embedding.next.provider and embedding.next.model",
    });
  });

  it("knows a model that is not there, and what fetches it", async () => {
    const model = { AKIDB_EMBEDDING_PROVIDER: "onnx", AKIDB_EMBEDDING_MODEL: "BAAI/bge-small-en-v1.5" };
    expect((await findings({}, model))["embedding"]).toMatchObject({
      status: "problem",
      detail: expect.stringMatching(
        /is not in embedding.model_dir; there is no folder .*models.BAAI.bge-small/,
      ),
      advice: expect.stringContaining("akidb model pull"),
    });
  });

  it("knows an embedding program that does not work, and what it said", async () => {
    const program = `console.error("no module named onnxruntime at /models"); process.exitCode = 1`;
    const found = await findings(
      {},
      {
        AKIDB_EMBEDDING_PROVIDER: "subprocess",
        AKIDB_EMBEDDING_MODEL: "m",
        AKIDB_EMBEDDING_COMMAND: JSON.stringify([process.execPath, "-e", program]),
      },
    );
    expect(found["embedding"]).toMatchObject({
      status: "problem",
      detail:
        "the embedding program ended with exit code 1; its last line was: no module named onnxruntime at /models",
      advice: expect.stringContaining("embedding.command"),
    });
  });
});
