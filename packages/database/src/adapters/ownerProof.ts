import { randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failedPrecondition } from "@akidb/base";

const ownerFile = (directory: string): string => join(directory, "OWNER");

/**
 * Who can read what a data directory has for its owner alone may do with the process that serves it what it could do
 * with the files themselves. The secret is another one with every start.
 */
export class OwnerProof {
  /** What this process itself would show. */
  readonly secret = randomBytes(32).toString("hex");
  readonly #path: string;

  /** @param directory the data directory, which this process has to itself */
  constructor(directory: string) {
    this.#path = ownerFile(directory);
  }

  isProvenBy(proof: string | undefined): boolean {
    if (proof === undefined) return false;
    const [given, wanted] = [Buffer.from(proof), Buffer.from(this.secret)];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  /** @throws AkiDbError `failed_precondition` */
  publish(): void {
    const written = `${this.#path}.tmp`;
    try {
      // One that is there keeps its mode.
      rmSync(written, { force: true });
      writeFileSync(written, this.secret, { mode: 0o600, flag: "wx" });
      renameSync(written, this.#path);
    } catch (error) {
      throw failedPrecondition(`OWNER cannot be written (${(error as NodeJS.ErrnoException).code})`);
    }
  }

  withdraw(): void {
    rmSync(this.#path, { force: true });
  }
}

/** Undefined where nobody serves the directory, or its files are somebody else's. */
export function readOwnerProof(directory: string): string | undefined {
  try {
    return readFileSync(ownerFile(directory), "utf8");
  } catch {
    return undefined;
  }
}
