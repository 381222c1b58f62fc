import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { failedPrecondition, isAkiDbError } from "@akidb/base";
import { writeDurably } from "./writeDurably.ts";

/** Of everything below the data directory together; what is in a file has versions of its own. */
export const dataVersion = 2;

const ownNames: ReadonlySet<string> = new Set(["catalog.db", "collections", "dlq.db", "models"]);

/**
 * Marks a new data directory with the version of its format, in `VERSION`. Call it with the directory locked.
 *
 * @throws `failed_precondition` for the data of any other version, and for data that has lost its mark
 */
export function checkDataVersion(directory: string): void {
  try {
    const text = readVersion(directory);
    if (text === undefined) startVersion(directory);
    else checkVersion(text);
  } catch (error) {
    if (isAkiDbError(error)) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw failedPrecondition(`VERSION of the data directory cannot be read or written (${code})`);
  }
}

/**
 * Only looks.
 *
 * @returns what is wrong with the mark of a directory that has data; undefined where it is this version's
 * @throws `failed_precondition` for the data of any other version
 */
export function findVersionProblem(directory: string): string | undefined {
  const text = readVersion(directory);
  if (text === undefined) return "is missing";
  if (!versionText.test(text)) return "holds no version";
  checkVersion(text);
  return undefined;
}

const versionText = /^([0-9]{1,9})\n?$/;

function readVersion(directory: string): string | undefined {
  const path = join(directory, "VERSION");
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function startVersion(directory: string): void {
  const found = readdirSync(directory).find((name) => ownNames.has(name));
  if (found !== undefined) {
    throw failedPrecondition(
      `the data directory has ${found} but no VERSION: restore the file, or give an empty directory`,
    );
  }
  writeDurably(join(directory, "VERSION"), `${dataVersion}\n`);
}

function checkVersion(text: string): void {
  const version = versionText.exec(text)?.[1];
  if (version === undefined) {
    throw failedPrecondition("VERSION of the data directory is damaged: it holds no version");
  }
  if (Number(version) === dataVersion) return;
  const advice =
    Number(version) > dataVersion
      ? "use the version that wrote it, or a newer one"
      : "migrate it, or give another directory";
  throw failedPrecondition(
    `the data directory has format version ${version}, and this version of AkiDB reads version ${dataVersion}: ${advice}`,
  );
}
