import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SeededRandom } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLocalObjectStore } from "../adapters/localObjectStore.ts";
import { read, sampleBytes } from "../objectStore.contract.ts";

/**
 * The bytes of an object's file, for ever: if they change, raise the format version, keep the old reader and add another
 * golden file. A missing file is written by the test, which then fails so that it is looked at.
 */
describe("the bytes of an object's file", () => {
  const golden = fileURLToPath(new URL("./golden/object-1.object", import.meta.url));
  const bytes = sampleBytes(65_540);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "akidb-golden-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const open = () => openLocalObjectStore({ directory, random: new SeededRandom(7) });

  it("are what version 1 wrote", async () => {
    await open().put("Golden/object", bytes);
    const written = readFileSync(join(directory, "%47olden", "object@object"));
    if (!existsSync(golden)) {
      mkdirSync(join(golden, ".."), { recursive: true });
      writeFileSync(golden, written);
      expect.fail(`wrote ${golden}; look at it, then commit it`);
    }
    expect(Buffer.compare(written, readFileSync(golden))).toBe(0);
  });

  it("are read as what they mean", async () => {
    mkdirSync(join(directory, "%47olden"));
    writeFileSync(join(directory, "%47olden", "object@object"), readFileSync(golden));
    expect(Buffer.compare(await read(open(), "Golden/object"), bytes)).toBe(0);
  });
});
