import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CollectionId } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CollectionDirectories } from "./collectionDirectories.ts";

const id = "01890000-0000-7000-8000-000000000001" as CollectionId;
let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "akidb-directories-"));
});
afterEach(() => {
  rmSync(data, { recursive: true });
});

function make(suffix: string, contents: string, snapshots = false): void {
  const path = join(data, "collections", `${id}${suffix}`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "contents"), contents);
  if (snapshots) mkdirSync(join(path, "snapshots", "kept"), { recursive: true });
}

const state = () => ({
  names: readdirSync(join(data, "collections")).sort(),
  contents: readFileSync(join(data, "collections", id, "contents"), "utf8"),
  hasSnapshot: existsSync(join(data, "collections", id, "snapshots", "kept")),
});

describe("a collection that is restored in place", () => {
  it("has the restored files and its own snapshots", async () => {
    const directories = await CollectionDirectories.open(data);
    make("", "old", true);
    make(".restoring", "new");
    await directories.finishRestoring(id);
    expect(state()).toEqual({ names: [id], contents: "new", hasSnapshot: true });
  });

  it.each<[string, () => void, string]>([
    [
      "the restored files were made",
      () => {
        make("", "old", true);
        make(".restoring", "half of new");
      },
      "old",
    ],
    [
      "the old files were put aside",
      () => {
        make(".replaced", "old", true);
        make(".restoring", "new");
      },
      "new",
    ],
    [
      "the new files took their place",
      () => {
        make(".replaced", "old", true);
        make("", "new");
      },
      "new",
    ],
    [
      "the snapshots had moved",
      () => {
        make(".replaced", "old");
        make("", "new", true);
      },
      "new",
    ],
  ])("is whole after a crash when %s", async (_, crash, contents) => {
    const directories = await CollectionDirectories.open(data);
    crash();
    expect(await directories.recover({ known: new Set([id]), isComplete: true })).toEqual({
      orphans: [],
      deleted: [],
    });
    expect(state()).toEqual({ names: [id], contents, hasSnapshot: true });
  });

  it("is gone with all of its directories once the catalog has forgotten it", async () => {
    const directories = await CollectionDirectories.open(data);
    make(".replaced", "old", true);
    make(".deleted", "new");
    const left = { orphans: [], deleted: [id] };
    expect(await directories.recover({ known: new Set(), isComplete: true })).toEqual(left);
    // What is elsewhere may be there still.
    expect(await directories.recover({ known: new Set(), isComplete: true })).toEqual(left);
    await directories.emptyDeleted(id);
    await directories.finishDeletion(id);
    expect(readdirSync(join(data, "collections"))).toEqual([]);
  });

  it("keeps all of its directories where the catalog has lost rows, whatever they are", async () => {
    const directories = await CollectionDirectories.open(data);
    const suffixes = [".creating", ".deleted", ".replaced", ".restoring"];
    for (const suffix of suffixes) make(suffix, suffix);
    const names = readdirSync(join(data, "collections")).sort();
    expect(names).toHaveLength(4);
    const { orphans } = await directories.recover({ known: new Set(), isComplete: false });
    expect(orphans.toSorted()).toEqual(names);
    expect(readdirSync(join(data, "collections")).sort()).toEqual(names);
  });
});
