import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SnapshotId } from "@akidb/base";
import { expect, it } from "vitest";
import { SnapshotDirectories } from "./snapshotDirectories.ts";

it("of a collection that has gone come back for nobody", async () => {
  const collectionPath = mkdtempSync(join(tmpdir(), "akidb-snapshots-"));
  rmSync(collectionPath, { recursive: true });
  const directories = new SnapshotDirectories(collectionPath);
  const id = "0198b2c4-63f0-7c0e-b3a5-3c3f0a8e4f10" as SnapshotId;
  const isGone = { code: "not_found", message: "the collection does not exist" };
  await expect(directories.beginCreation(id)).rejects.toMatchObject(isGone);
  await expect(directories.beginDownload(id)).rejects.toMatchObject(isGone);
  expect(existsSync(collectionPath)).toBe(false);
});
