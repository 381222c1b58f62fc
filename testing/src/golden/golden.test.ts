import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LogEvent, open } from "@akidb/database";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { builtUrl } from "../builtUrl.ts";
import { checkGoldenData } from "./checkGoldenData.ts";
import { goldenOptions } from "./goldenData.ts";
import { copyGoldenFiles, goldenDirectories, goldenDirectory, newestGoldenVersion } from "./goldenFiles.ts";

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), "akidb-golden-")), "data");
});
afterEach(() => {
  rmSync(join(directory, ".."), { recursive: true });
});

/**
 * Whole data directories as a version wrote them, for ever: the catalog, documents.db, logs, checkpoints and a snapshot.
 * If a format changes, raise its version, keep the old reader and add another golden directory. A missing one is written
 * by the test, which then fails so that it is looked at.
 */
describe.each(goldenDirectories)("a data directory of version %i that was %s", (version, end) => {
  const golden = goldenDirectory(version, end);

  it("is opened with everything that was in it", async () => {
    if (version === newestGoldenVersion && !existsSync(golden)) {
      const writer = fileURLToPath(builtUrl(import.meta.url, "./goldenWriter.js"));
      spawnSync(process.execPath, [writer, directory, end], { stdio: "inherit" });
      copyGoldenFiles(directory, golden);
      expect.fail(`wrote ${golden}; look at it, then commit it`);
    }
    copyGoldenFiles(golden, directory);
    const events: LogEvent["kind"][] = [];
    const db = await open({ path: directory, ...goldenOptions, log: ({ kind }) => void events.push(kind) });
    try {
      // Nothing had to be put aside and made good from another file.
      expect(events).toEqual(["collection_opened", "collection_opened"]);
      await checkGoldenData(db);
    } finally {
      await db.close();
    }
  });
});
