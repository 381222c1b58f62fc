import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AkiDb, DocumentInput } from "@akidb/base";
import { open } from "@akidb/database";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createUpsertPipeline } from "./upsertPipeline.ts";

let directory: string;
let db: AkiDb;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-pipeline-"));
  db = await open({ path: directory, wal: { sync: "never" }, limits: { batchDocumentsMax: 4 } });
  await db.createCollection({ name: "c", dimension: 16 });
});
afterEach(async () => {
  await db.close();
  rmSync(directory, { recursive: true });
});

function pipelineInto(name: string) {
  const written: number[] = [];
  const refused: [number, string][] = [];
  const pipeline = createUpsertPipeline<number>({
    collection: db.collection(name),
    inFlightMax: 2,
    onWritten: (count) => written.push(count),
    onRefused: async (source, detail) => {
      refused.push([source, detail]);
    },
  });
  const total = () => written.reduce((sum, count) => sum + count, 0);
  return { pipeline, refused, total };
}

const vector = new Float32Array(16).fill(1);
const batchOf = (...documents: readonly DocumentInput[]) =>
  documents.map((document, source) => ({ document, source }));

describe("createUpsertPipeline", () => {
  it("lets the last of several documents with the same name win", async () => {
    const { pipeline, total } = pipelineInto("c");
    for (let n = 0; n < 20; n++) await pipeline.submit(batchOf({ externalId: "a", vector, metadata: { n } }));
    await pipeline.drain();
    expect(total()).toBe(20);
    expect(await db.collection("c").get("a")).toMatchObject({ metadata: { n: 19 }, version: 20 });
  });

  it("tells which documents are refused", async () => {
    const { pipeline, refused, total } = pipelineInto("c");
    await pipeline.submit(batchOf({ vector }, { vector: Float32Array.of(1) }, { vector }));
    await pipeline.drain();
    expect(total()).toBe(2);
    expect(refused).toEqual([[1, expect.stringContaining("dimension is 16")]]);
  });

  it("sends a batch apart that is refused as a whole", async () => {
    const { pipeline, refused, total } = pipelineInto("c");
    const tooMany = Array.from({ length: 10 }, (): DocumentInput => ({ vector }));
    await pipeline.submit(batchOf(...tooMany));
    await pipeline.drain();
    expect(total()).toBe(10);
    expect(refused).toEqual([]);
  });

  it("stops where nothing can be written", async () => {
    const { pipeline } = pipelineInto("nobody");
    const submitAll = async () => {
      for (let n = 0; n < 9; n++) await pipeline.submit(batchOf({ vector }));
      await pipeline.drain();
    };
    await expect(submitAll()).rejects.toMatchObject({ code: "not_found" });
  });
});
