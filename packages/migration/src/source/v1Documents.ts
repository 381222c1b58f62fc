import { AkiDbError, type DocumentInput, describeViolation, isAkiDbError } from "@akidb/base";
import type { SourceFiles } from "../adapters/sourceFiles.ts";
import { placeOf } from "./problems.ts";
import type { V1Collection } from "./v1Directory.ts";
import { v1Document } from "./v1Document.ts";
import { type V1RowsOptions, v1Rows } from "./v1Rows.ts";

/** A document and where it comes from: `a/collections/b/vectors.jsonl: line 17`. */
export interface PlacedDocument {
  readonly place: string;
  /** An error in place of a document that cannot be one. */
  readonly document: DocumentInput | AkiDbError;
}

export interface DocumentBatch {
  /** At least one. */
  readonly documents: readonly PlacedDocument[];
  /** Of all files of the collection, so far. */
  readonly bytesRead: number;
}

/** Documents that are in memory at once, besides those of a collection that is open. */
const batchDocuments = 500;

/** The documents of a collection in their order, some at a time. Rejects where a file cannot be read any further. */
export async function* v1Documents(
  files: SourceFiles,
  { documentFiles }: V1Collection,
): AsyncGenerator<DocumentBatch, void, undefined> {
  let bytesBefore = 0;
  for (const file of documentFiles) {
    let bytesRead = 0;
    const onBytesRead = (bytes: number): void => {
      bytesRead = bytes;
    };
    for await (const documents of documentsOfFile({ files, file, onBytesRead })) {
      yield { documents, bytesRead: bytesBefore + bytesRead };
    }
    bytesBefore += file.bytes;
  }
}

async function* documentsOfFile(options: V1RowsOptions): AsyncGenerator<readonly PlacedDocument[]> {
  let batch: PlacedDocument[] = [];
  for await (const row of v1Rows(options)) {
    const { place } = row;
    const document = row.ok
      ? documentOrError(row.fields)
      : new AkiDbError("invalid_argument", row.detail, { violations: [{ path: "", detail: row.detail }] });
    batch.push({ place, document });
    if (batch.length < batchDocuments) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function documentOrError(fields: Parameters<typeof v1Document>[0]): DocumentInput | AkiDbError {
  try {
    return v1Document(fields);
  } catch (error) {
    if (isAkiDbError(error)) return error;
    throw error;
  }
}

/** What an item of a batch was refused for, as an error that names file, line and field. */
export function placedError(
  place: string,
  { code, detail, violations }: Pick<AkiDbError, "code" | "violations"> & { readonly detail: string },
): AkiDbError {
  const [violation] = violations;
  const path = placeOf(place, violation?.path);
  const placed = { path, detail: violation?.detail ?? detail };
  return new AkiDbError(code, describeViolation(placed), { violations: [placed] });
}
