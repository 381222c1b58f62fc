import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { invalidArgument } from "@akidb/base";
import { absoluteDirectory } from "@akidb/database/holder";

export const migrationLogPath = (directory: string): string => join(directory, "migration.log");

export const catalogPath = (directory: string): string => join(directory, "catalog.db");

export const hasCatalog = (directory: string): boolean => existsSync(catalogPath(directory));

/** @throws AkiDbError `invalid_argument` where one of two directories lies in the other */
export function requireApart(v1Directory: string, v2Directory: string): void {
  const [v1, v2] = [realPlace(v1Directory), realPlace(v2Directory)];
  const isWithin = (inner: string, outer: string): boolean => `${inner}${sep}`.startsWith(`${outer}${sep}`);
  if (!isWithin(v1, v2) && !isWithin(v2, v1)) return;
  throw invalidArgument("--v2-data-dir", "must be another directory, and neither may lie in the other");
}

/** Of what need not exist yet. */
function realPlace(directory: string): string {
  const path = absoluteDirectory(directory);
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPlace(parent), path.slice(parent.length));
}

/** A copy of a catalog that nobody has open: reading the file itself would make others beside it. */
export function copyCatalog(directory: string): { readonly path: string } & Disposable {
  const place = mkdtempSync(join(tmpdir(), "akidb-plan-"));
  for (const suffix of ["", "-wal"]) {
    const from = catalogPath(directory) + suffix;
    if (existsSync(from)) copyFileSync(from, join(place, `catalog.db${suffix}`));
  }
  return {
    path: join(place, "catalog.db"),
    [Symbol.dispose]: () => rmSync(place, { recursive: true, force: true }),
  };
}
