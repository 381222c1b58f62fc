import { AkiDbError, formatTimestamp } from "@akidb/base";
import { writeDurably } from "./writeDurably.ts";

export interface CatalogCopy {
  /** Of the catalog; the copy lies beside it. */
  readonly path: string;
  /** Of its schema. */
  readonly version: number;
  readonly nowMs: number;
  /** Of an SQLite file. */
  readonly image: Uint8Array;
}

/**
 * Writes `catalog.db.v1-2026-01-31T09-30-00.000Z`, which nothing removes by itself.
 *
 * @throws AkiDbError `unavailable` where it cannot be written: then what it was for must not happen
 */
export function keepCatalogCopy({ path, version, nowMs, image }: CatalogCopy): void {
  try {
    // Not every file system has names with colons.
    writeDurably(`${path}.v${version}-${formatTimestamp(nowMs).replaceAll(":", "-")}`, image);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AkiDbError(
      "unavailable",
      `the catalog cannot be copied before its schema changes (${code}): make room, or let this user write its directory`,
      { cause: error },
    );
  }
}
