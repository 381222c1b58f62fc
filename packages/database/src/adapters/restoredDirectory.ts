import { mkdir, readdir, rename, rm, rmdir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failedPrecondition } from "@akidb/base";
import { nodeDisk } from "@akidb/engine";
import { mebibytes } from "../mebibytes.ts";
import { modelsDirectory, modelsName } from "../models/modelsDirectory.ts";
import { absoluteDirectory } from "./absoluteDirectory.ts";
import { isMountPoint } from "./isMountPoint.ts";

/** Of the directory that a data directory is made in, beside it. */
export const restoringSuffix = ".restoring";

/** A data directory that is being made, under another name until it is whole. */
export class RestoredDirectory {
  /** Where its files go. */
  readonly path: string;
  readonly #target: string;

  private constructor(target: string) {
    this.#target = target;
    this.path = `${target}${restoringSuffix}`;
  }

  /**
   * @throws AkiDbError `failed_precondition` where there is anything but models, which stay, or a file system is mounted; what an
   *   attempt left that was cut off goes
   */
  static async begin(directory: string): Promise<RestoredDirectory> {
    const restored = new RestoredDirectory(absoluteDirectory(directory));
    if (await isMountPoint(restored.#target)) {
      throw failedPrecondition(
        `${JSON.stringify(directory)} is where a file system is mounted, and gets its files by being renamed at the end: name a ` +
          "directory in it that does not exist",
      );
    }
    await restored.abandon();
    if ((await namesIn(restored.#target)).some((name) => name !== modelsName)) {
      throw failedPrecondition(
        `the directory ${JSON.stringify(directory)} is not empty; a backup is restored into a new one`,
      );
    }
    await mkdir(restored.path, { recursive: true, mode: 0o700 });
    return restored;
  }

  /** @throws AkiDbError `failed_precondition` where the disk has less */
  async requireRoom(bytes: number): Promise<void> {
    const { bavail, blocks, bsize } = await statfs(this.path);
    // Where a file system does not tell, nobody knows.
    if (blocks === 0 || bytes <= bavail * bsize) return;
    const free = mebibytes(bavail * bsize);
    throw failedPrecondition(
      `the backup takes ${mebibytes(bytes)}, and the disk of ${JSON.stringify(this.#target)} has ${free} left`,
    );
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { recursive: true });
  }

  /** Everything in it is durable by now; when this resolves, so is its name. */
  async finish(): Promise<void> {
    await rename(modelsDirectory(this.#target), modelsDirectory(this.path)).catch(unlessAbsent);
    await nodeDisk.syncDirectory(this.path);
    await rmdir(this.#target).catch(unlessAbsent);
    await rename(this.path, this.#target);
    await nodeDisk.syncDirectory(dirname(this.#target));
  }

  /** Models that had been moved already are moved back first. */
  async abandon(): Promise<void> {
    const models = modelsDirectory(this.path);
    if ((await namesIn(this.path)).includes(modelsName)) {
      await mkdir(this.#target, { recursive: true, mode: 0o700 });
      await rename(models, modelsDirectory(this.#target)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
        throw failedPrecondition(
          `a restore that was cut off had moved models to ${JSON.stringify(models)}: move them back`,
        );
      });
      await nodeDisk.syncDirectory(this.#target);
    }
    await rm(this.path, { recursive: true, force: true });
  }
}

function unlessAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") {
      throw failedPrecondition(`${JSON.stringify(directory)} is a file, not a directory`);
    }
    throw error;
  }
}
