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

  it("is as before where the restored files cannot take its place, and can be restored then", async () => {
    const directories = await CollectionDirectories.open(data);
    make("", "old", true);
    await expect(directories.finishRestoring(id)).rejects.toThrow(/ENOENT/);
    expect(state()).toEqual({ names: [id], contents: "old", hasSnapshot: true });
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

  it("has leftovers that nobody makes, and takes none that somebody does", async () => {
    const directories = await CollectionDirectories.open(data);
    const gone = "01a00000-0000-7000-8000-00000000000f" as CollectionId;
    const isGone = (each: CollectionId) => each === gone;
    for (const suffix of ["", ".replaced", ".deleted", ".creating"]) make(suffix, "kept");
    for (const suffix of [".restoring", ".promoting", ".fetching"]) make(suffix, "left");
    mkdirSync(join(data, "collections", `${gone}.creating`));
    const left = [`${gone}.creating`, `${id}.fetching`, `${id}.promoting`, `${id}.restoring`];
    const leftovers = async () => (await directories.passing.leftovers(isGone)).toSorted();
    expect(await leftovers()).toEqual(left.toSorted());
    directories.restoringPath(id);
    directories.creatingPath(gone);
    expect(await leftovers()).toEqual([`${id}.fetching`, `${id}.promoting`]);
    // Somebody has begun since they were looked for.
    for (const name of left) await directories.passing.removeLeftover(name);
    const names = () => readdirSync(join(data, "collections")).sort();
    const kept = [id, `${id}.creating`, `${id}.deleted`, `${id}.replaced`];
    expect(names()).toEqual([...kept, `${id}.restoring`, `${gone}.creating`].sort());
    await directories.abandonCreation(gone);
    // As a crash leaves it in the middle of a removal.
    make(".unwanted", "half");
    for (const suffix of [".creating", ".deleted"])
      rmSync(join(data, "collections", `${id}${suffix}`), { recursive: true });
    await directories.recover({ known: new Set([id]), isComplete: true });
    expect(names().some((name) => name.endsWith(".unwanted"))).toBe(false);
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

describe("the files of a generation", () => {
  const own = ["wal", "checkpoint", "documents.db", "documents.db-wal", "closed.json", "RESTORES.json"];
  const entries = () => readdirSync(join(data, "collections", id)).sort();

  it("go without those of others, and without what belongs to the collection", async () => {
    const directories = await CollectionDirectories.open(data);
    make("", "of no generation", true);
    for (const name of own) mkdirSync(join(data, "collections", id, name));
    const begun = await directories.beginGeneration({ id, generation: 2 });
    mkdirSync(begun);
    // A crash left another one in the making.
    mkdirSync(await directories.beginGeneration({ id, generation: 3 }));
    await directories.finishGeneration({ id, generation: 2 });
    expect(await directories.hasGeneration({ id, generation: 2 })).toBe(true);
    expect(await directories.hasGeneration({ id, generation: 3 })).toBe(false);
    expect((await directories.generations(id)).toSorted()).toEqual([0, 2, 3]);
    await directories.removeGeneration({ id, generation: 0 });
    await directories.removeGeneration({ id, generation: 3 });
    expect(entries()).toEqual(["contents", "g2", "snapshots"]);
    expect(await directories.generations(id)).toEqual([2]);
    expect(await directories.hasGeneration({ id, generation: 0 })).toBe(false);
  });
});
