import { AkiDbError, type FieldViolation, invalidArguments, isAkiDbError } from "@akidb/base";

/** `acme/manifest.json: quotas.max_storage_bytes` */
export const placeOf = (file: string, field = ""): string =>
  [file, field].filter((part) => part !== "").join(": ");

/** What is wrong with the files of 1.x: all of it is told at once. */
export class Problems {
  readonly #violations: FieldViolation[] = [];

  add(file: string, field: string, detail: string): void {
    this.#violations.push({ path: placeOf(file, field), detail });
  }

  /** Of an error that knows fields, or the file alone. Anything but an AkiDbError is thrown on. */
  addError(file: string, error: unknown, pathOf: (path: string) => string = (path) => path): void {
    if (!isAkiDbError(error)) throw error;
    if (error.violations.length === 0) this.add(file, "", error.message);
    for (const { path, detail } of error.violations) this.add(file, pathOf(path), detail);
  }

  get count(): number {
    return this.#violations.length;
  }

  /** @throws AkiDbError `invalid_argument` that names every file and field, if there is anything */
  check(): void {
    if (this.#violations.length > 0) throw invalidArguments(this.#violations);
  }
}

/** The same error, with the file that it is about, unless its fields are in files already. */
export function inFile(file: string, error: unknown): unknown {
  if (!isAkiDbError(error) || error.violations.some(({ path }) => path.includes("/"))) return error;
  const violations = error.violations.map(({ path, detail }) => ({ path: placeOf(file, path), detail }));
  return new AkiDbError(error.code, `${file}: ${error.message}`, { violations, cause: error });
}
