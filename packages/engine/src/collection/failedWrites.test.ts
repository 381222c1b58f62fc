import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CollectionId, systemClock, systemRandom, UuidV7Generator } from "@akidb/base";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nodeDisk } from "../adapters/nodeDisk.ts";
import { Builders } from "../builders/builders.ts";
import { Collection, createCollectionFiles } from "./collection.ts";
import type { OpenCollectionOptions } from "./openCollectionOptions.ts";

const dimension = 16;
const builders = new Builders({ threadCount: 1 });
const ids = new UuidV7Generator(systemClock, systemRandom);
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-failed-writes-"));
  await createCollectionFiles(options());
});
afterEach(() => {
  vi.unstubAllGlobals();
  rmSync(directory, { recursive: true });
});
afterAll(() => builders.close());

const options = (): OpenCollectionOptions => ({
  disk: nodeDisk,
  directory,
  collectionId: "01890000-0000-7000-8000-000000000001" as CollectionId,
  clock: systemClock,
  ids,
  dimension,
  metric: "l2",
  maxDocumentCount: 3,
  metadataBytesMax: 65_536,
  recallChecksPerMinute: 0,
  wal: { sync: "never", syncIntervalMs: 5, segmentBytesMax: 1 << 20 },
  graph: {
    builders,
    quantization: "int8",
    linksMax: 16,
    efConstruction: 100,
    efSearch: 100,
    threshold: 10_000,
  },
});

const vector = new Float32Array(dimension).fill(1);

/** As if the machine had no memory for arrays of so many floats. */
function refuseFloats(length: number): void {
  const Floats = Float32Array;
  vi.stubGlobal(
    "Float32Array",
    new Proxy(Floats, {
      construct(target, args, newTarget) {
        if (args[0] === length) throw new RangeError("Array buffer allocation failed");
        return Reflect.construct(target, args, newTarget);
      },
    }),
  );
}

describe("a write without memory", () => {
  it("is refused before it waits, and the next one goes on", async () => {
    const collection = await Collection.open(options());
    refuseFloats(2 * dimension);
    await expect(collection.upsert([{ vector }, { vector }])).rejects.toMatchObject({ code: "unavailable" });
    expect(await collection.upsert([{ vector }])).toMatchObject([{ ok: true }]);
    expect(collection.stats().documentCount).toBe(1);
    await collection.close();
  });

  it("leaves nothing that the writes decided after it could see", async () => {
    const collection = await Collection.open(options());
    await collection.upsert([{ externalId: "taken", vector }]);
    // The second of three is refused, so the rows of the others are copied: that fails.
    refuseFloats(2 * dimension);
    const failing = collection.upsert([
      { externalId: "a", vector },
      { id: ids.next<"document">(), externalId: "taken", vector },
      { externalId: "b", vector },
    ]);
    const next = ["a", "c"].map((externalId) => collection.upsert([{ externalId, vector }]));
    await expect(failing).rejects.toMatchObject({ code: "unavailable" });
    // Had the first one counted, there would be room for none but `a`, and that would be its version 2.
    expect((await Promise.all(next)).flat()).toMatchObject([
      { ok: true, version: 1 },
      { ok: true, version: 1 },
    ]);
    expect(collection.get("b", [])).toBeUndefined();
    await collection.close();
    const reopened = await Collection.open(options());
    expect(reopened.get("a", [])?.version).toBe(1);
    expect(reopened.stats().documentCount).toBe(3);
    await reopened.close();
  });
});

describe("a write that meets a damaged document", () => {
  it.each(["upsert", "delete"] as const)("leaves nothing behind it (%s)", async (kind) => {
    const collection = await Collection.open(options());
    const text = "abcdefgh".repeat(40);
    await collection.upsert([
      { externalId: "whole", vector },
      { externalId: "rotten", vector, text },
    ]);
    await collection.close();
    const path = join(directory, "documents.db");
    const bytes = readFileSync(path);
    bytes[bytes.indexOf(text) + 9]! ^= 1;
    writeFileSync(path, bytes);

    const reopened = await Collection.open(options());
    const failing =
      kind === "delete"
        ? reopened.delete(["whole", "rotten"])
        : reopened.upsert([
            { externalId: "whole", vector },
            { externalId: "rotten", vector },
          ]);
    const next = reopened.upsert([{ externalId: "whole", vector }]);
    await expect(failing).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await next).toMatchObject([{ ok: true, version: 2 }]);
    while (!existsSync(`${path}.suspect`)) await new Promise((resolve) => setTimeout(resolve, 2));
    await reopened.close();
  });
});
