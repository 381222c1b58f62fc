import { type DocumentInput, type StreamLine, toAkiDbError, type UpsertResult } from "@akidb/base";
import type { LineError } from "@akidb/protocol";
import { readDocumentLine, type Validate } from "./documentLine.ts";
import { LineErrors } from "./lineErrors.ts";

export interface UpsertedLines {
  readonly upserted: number;
  readonly failed: number;
  /** In the order of their lines, at most `limits.itemErrorsMax`. */
  readonly errors: LineError[];
}

export interface LineWriter {
  readonly validate: Validate;
  readonly batchDocumentsMax: number;
  readonly batchBytesMax: number;
  /** Resolves when the batch is durable; until then no more of the stream is read. */
  readonly upsert: (documents: readonly DocumentInput[]) => Promise<UpsertResult>;
}

interface DocumentLine {
  readonly line: number;
  readonly document: DocumentInput;
}

/**
 * Writes a stream of documents in batches; a line that cannot be written is counted, named, and does not stop the rest.
 *
 * @throws AkiDbError what refused a whole batch, if nothing of the stream was written before: then it is the answer to
 *   the request; later it is the answer to that batch's lines
 */
export async function upsertLines(
  lines: AsyncIterable<StreamLine>,
  { validate, batchDocumentsMax, batchBytesMax, upsert }: LineWriter,
): Promise<UpsertedLines> {
  const errors = new LineErrors();
  let upserted = 0;

  const write = async (batch: readonly DocumentLine[]): Promise<void> => {
    try {
      const { items } = await upsert(batch.map(({ document }) => document));
      for (const [index, item] of items.entries()) {
        if (item.ok) upserted += 1;
        else errors.add(batch[index]!.line, { ...item, message: item.detail });
      }
    } catch (thrown) {
      if (upserted === 0) throw thrown;
      for (const { line } of batch) errors.add(line, toAkiDbError(thrown));
    }
  };

  let batch: DocumentLine[] = [];
  let batchBytes = 0;
  let batchCount = 0;
  for await (const line of lines) {
    try {
      const document = readDocumentLine(line, validate);
      if (document === undefined) continue;
      batch.push({ line: line.number, document });
      batchBytes += line.kind === "line" ? line.bytes.length : 0;
    } catch (thrown) {
      errors.add(line.number, toAkiDbError(thrown));
    }
    if (batch.length < batchDocumentsMax && batchBytes < batchBytesMax) continue;
    await write(batch);
    batch = [];
    batchBytes = 0;
    batchCount += 1;
  }
  // A stream without a document asks, too: whether there is such a collection.
  if (batch.length > 0 || batchCount === 0) await write(batch);
  return { upserted, failed: errors.count, errors: errors.first() };
}
