import { AkiDbError, type DocumentId, type TextLanguage, unavailable } from "@akidb/base";
import { DamagedFileError } from "../../damagedFileError.ts";
import type { DocumentChanges } from "../../documents/documentFile.ts";

/** To the writer: what it should do next with a file. One reply for each, in their order for a file. */
export type DocumentWriteRequest =
  | (DocumentWriteTarget & {
      readonly kind: "write";
      readonly changes: readonly ChangeCell[];
      readonly appliedLsn: number;
    })
  | (DocumentWriteTarget & { readonly kind: "sync" | "indexTexts" | "renewTexts" })
  | (DocumentWriteTarget & { readonly kind: "close" });

interface DocumentWriteTarget {
  readonly requestId: number;
  readonly path: string;
  /** How the file is called in messages. */
  readonly name: string;
  readonly textLanguage: TextLanguage;
}

export type DocumentWriteReply =
  | ({ readonly requestId: number; readonly kind: "done" } & WrittenFile)
  | { readonly requestId: number; readonly kind: "failed"; readonly failure: WriteFailure };

/** How the file is now. */
export interface WrittenFile {
  readonly appliedLsn: number;
  readonly count: number;
  readonly areTextsComplete: boolean;
  /** Of each connection: no more than its pages take. */
  readonly cacheBytesMax: number;
  /** What was wrong with the full text, which has been begun anew. */
  readonly textDamage: string | undefined;
}

/** Errors lose their classes between threads. */
export type WriteFailure =
  | {
      readonly kind: "damaged";
      readonly file: string;
      readonly reason: string;
      readonly isDerived: boolean;
    }
  | { readonly kind: "unavailable" | "internal"; readonly message: string };

type ChangeCell = string | number | undefined;

const cellsPerChange = 8;

/** Flat, because a copy of an object between threads copies the names of its properties, too. */
export function packChanges(changes: DocumentChanges): readonly ChangeCell[] {
  const cells: ChangeCell[] = [];
  for (const [id, document] of changes) {
    // A version starts at 1.
    if (document === undefined) cells.push(id, undefined, undefined, undefined, 0, 0, 0, undefined);
    else {
      const { externalId, text, metadata, insertedAtMs, updatedAtMs, version, expiresAtMs } = document;
      cells.push(id, externalId, text, metadata, insertedAtMs, updatedAtMs, version, expiresAtMs);
    }
  }
  return cells;
}

export function unpackChanges(cells: readonly ChangeCell[]): DocumentChanges {
  const changes = new Map();
  for (let at = 0; at < cells.length; at += cellsPerChange) {
    const [id, externalId, text, metadata, insertedAtMs, updatedAtMs, version, expiresAtMs] = cells.slice(
      at,
      at + cellsPerChange,
    ) as [DocumentId, string?, string?, string?, number?, number?, number?, number?];
    const document = { id, externalId, text, metadata, insertedAtMs, updatedAtMs, version, expiresAtMs };
    changes.set(id, version === 0 ? undefined : document);
  }
  return changes;
}

export function packFailure(error: unknown): WriteFailure {
  if (error instanceof DamagedFileError) {
    const { file, reason, isDerived } = error;
    return { kind: "damaged", file, reason, isDerived };
  }
  if (error instanceof AkiDbError) return { kind: "unavailable", message: error.message };
  return { kind: "internal", message: error instanceof Error ? error.message : String(error) };
}

export function unpackFailure(failure: WriteFailure): Error {
  switch (failure.kind) {
    case "damaged":
      return new DamagedFileError(failure.file, failure.reason, { isDerived: failure.isDerived });
    case "unavailable":
      return unavailable(failure.message, { retryAfterMs: 1_000 });
    case "internal":
      return new Error(failure.message);
  }
}
