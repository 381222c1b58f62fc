import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "@akidb/base";
import { loadKernel, readKernelFiles, Segment, type SegmentOptions } from "@akidb/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { loadSegmentCheckpoint } from "./loadSegmentCheckpoint.ts";
import { writeSegmentCheckpoint } from "./writeSegmentCheckpoint.ts";

/**
 * The bytes of a checkpoint, for ever: if they change, raise the format version, keep the old reader and add another
 * golden file. A missing file is written by the test, which then fails so that it is looked at.
 */
const golden = fileURLToPath(new URL("./golden/segment-1.checkpoint", import.meta.url));

const kernel = loadKernel(readKernelFiles());
const options: SegmentOptions = {
  dimension: 16,
  metric: "l2",
  quantization: "int8",
  capacity: 64,
  linksMax: 4,
  efConstruction: 20,
  seed: 2,
};
const random = new SeededRandom(1);
const vectors = Array.from({ length: 40 }, () =>
  Float32Array.from({ length: 16 }, () => random.nextInt(256) - 128),
);
const deadRows = [2, 33];
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "akidb-golden-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function makeSegment(): Segment {
  const segment = Segment.create(kernel, { ...options, center: new Float32Array(16).fill(0.5) });
  for (const vector of vectors) segment.add(vector);
  segment.publish();
  segment.link(30);
  for (const row of deadRows) segment.remove(row);
  return segment;
}

const loadGolden = () =>
  loadSegmentCheckpoint({ disk: nodeDisk, path: golden, file: "segment-1.checkpoint", kernel, options });

async function bytesOf(segment: Segment): Promise<string> {
  const path = join(directory, "segment");
  await writeSegmentCheckpoint({ disk: nodeDisk, path, segment });
  return readFileSync(path).toString("hex");
}

describe("the bytes of a checkpoint", () => {
  // From the file itself: which graph is built of some rows is no part of the format.
  it("are written again as version 1 wrote them", async () => {
    if (!existsSync(golden)) {
      writeFileSync(golden, Buffer.from(await bytesOf(makeSegment()), "hex"));
      expect.fail(`wrote ${golden}; look at it, then commit it`);
    }
    expect(await bytesOf(await loadGolden())).toBe(readFileSync(golden).toString("hex"));
  });

  it("are read as what they mean", async () => {
    const segment = await loadGolden();
    expect(segment.options).toEqual({ ...options, center: new Float32Array(16).fill(0.5) });
    expect(segment.stats()).toMatchObject({
      rows: 40,
      tail: 10,
      tombstones: 2,
      nodesByLevel: [17, 10, 2, 1],
    });
    for (const [row, vector] of vectors.entries()) {
      expect(segment.vectorOf(row)).toEqual(vector);
      expect(segment.isDead(row)).toBe(deadRows.includes(row));
      const { rows, scores } = segment.search(vector, { k: 1, ef: 40 });
      if (!deadRows.includes(row)) expect([rows[0], scores[0]]).toEqual([row, -0]);
    }
    expect(segment.link(40)).toBe(10);
  });
});
