import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemRandom } from "@akidb/base";
import { open } from "@akidb/database";
import type { MigrationOptions } from "@akidb/migration";
import { migrateV1, verifyV1Migration } from "@akidb/migration";

/** A directory of 1.x, and one of this version that had data before. */
export class MigrationWorld {
  readonly v1Directory: string;
  readonly v2Directory: string;

  constructor(root: string) {
    this.v1Directory = join(root, "v1");
    this.v2Directory = join(root, "v2");
  }

  get options(): MigrationOptions {
    const { v1Directory, v2Directory } = this;
    return { v1Directory, v2Directory, clock: systemClock, random: systemRandom, command: "a test" };
  }

  /** The data that were there before, and nothing else. */
  async reset(): Promise<void> {
    rmSync(this.v2Directory, { recursive: true, force: true });
    const db = await open({ path: this.v2Directory });
    await db.createCollection({ name: "before", dimension: 16 });
    await db.collection("before").upsert([{ externalId: "kept", vector: new Float32Array(16).fill(1) }]);
    await db.close();
  }

  migrate(beforeStep?: MigrationOptions["beforeStep"]) {
    return migrateV1({ ...this.options, ...(beforeStep && { beforeStep }) });
  }

  verify() {
    return verifyV1Migration(this.options);
  }

  /** As a server's start does. @returns what is wrong with what was there before */
  async start(): Promise<string | undefined> {
    const damages: string[] = [];
    const db = await open({
      path: this.v2Directory,
      log: (event) => {
        if (event.kind === "orphan_found" || event.kind.includes("damage"))
          damages.push(JSON.stringify(event));
      },
    });
    try {
      const { externalId } = await db.collection("before").get("kept");
      return externalId === "kept" ? damages[0] : "the document of before is not what it was";
    } finally {
      await db.close();
    }
  }

  /** Of every file but the lock and the log of migrations, by its path. */
  contents(): Readonly<Record<string, string>> {
    const root = this.v2Directory;
    const names = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
    const files = names.filter(
      (name) => !["LOCK", "migration.log"].includes(name) && statSync(join(root, name)).isFile(),
    );
    const hash = (name: string) =>
      createHash("sha256")
        .update(readFileSync(join(root, name)))
        .digest("hex");
    return Object.fromEntries(files.map((name) => [name, hash(name)]));
  }

  collectionDirectories(): readonly string[] {
    return readdirSync(join(this.v2Directory, "collections")).sort();
  }
}
