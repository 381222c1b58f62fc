import { type AkiDbError, invalidArgument, limits, toAkiDbError, type UpsertItem } from "@akidb/base";
import { operations } from "@akidb/database";
import { roundedMs } from "@akidb/protocol";
import type { IngestBatchRequest, IngestBatchResponse, IngestItem, Written } from "@akidb/protocol/grpc";
import { type CallSession, paceMessage, runOperation } from "./callSession.ts";
import { documentOf } from "./fromMessage.ts";
import { itemErrorMessage } from "./toMessage.ts";

/**
 * Writes a stream of any length, message by message: the next is read when the one before is durable.
 *
 * @throws AkiDbError what refused a whole message, if nothing of the stream was written before; later it is the answer to
 *   the documents of that message
 */
export async function ingestDocuments(
  requests: AsyncIterable<IngestBatchRequest>,
  session: CallSession,
): Promise<IngestBatchResponse> {
  const { clock } = session.context;
  const startMs = clock.monotonicMs();
  const outcome = new IngestOutcome();
  let collection = "";
  let messageCount = 0;
  for await (const { collectionId, documents } of requests) {
    if (messageCount++ > 0) await paceMessage(session);
    collection = sameCollection(collection, collectionId);
    try {
      const input = { collection, documents: documents.map(documentOf) };
      outcome.add((await runOperation(operations.upsertDocuments, input, session)).items);
    } catch (error) {
      if (outcome.upserted === 0) throw error;
      outcome.addRefused(documents.length, toAkiDbError(error));
    }
  }
  if (messageCount === 0)
    throw invalidArgument("", "the stream has no message; the first names the collection");
  const { upserted, failed, items } = outcome;
  return { upserted, failed, items, latencyMs: roundedMs(clock.monotonicMs() - startMs) };
}

function sameCollection(known: string, named: string): string {
  if (known === "" || named === known) return named;
  if (named === "") return known;
  throw invalidArgument(
    "collection_id",
    "is another one than that of the first message; use a stream for each",
  );
}

/** Counts everything, and keeps so much of it that a stream may have any length. */
class IngestOutcome {
  readonly items: IngestItem[] = [];
  upserted = 0;
  failed = 0;
  #keptErrors = 0;

  add(items: readonly UpsertItem[]): void {
    for (const item of items) {
      if (item.ok) this.#addWritten({ docId: item.id, version: item.version, chunkCount: item.chunkCount });
      else this.#addFailed({ ...item, message: item.detail });
    }
  }

  addRefused(count: number, error: AkiDbError): void {
    for (let i = 0; i < count; i++) this.#addFailed(error);
  }

  get #count(): number {
    return this.upserted + this.failed;
  }

  #addWritten(value: Written): void {
    if (this.#count < limits.batchDocumentsMax) {
      this.items.push({ index: this.#count, outcome: { $case: "written", value } });
    }
    this.upserted += 1;
  }

  #addFailed(error: Pick<AkiDbError, "code" | "message" | "violations">): void {
    if (this.#count < limits.batchDocumentsMax || this.#keptErrors < limits.itemErrorsMax) {
      if (this.#count >= limits.batchDocumentsMax) this.#keptErrors += 1;
      this.items.push({ index: this.#count, outcome: { $case: "error", value: itemErrorMessage(error) } });
    }
    this.failed += 1;
  }
}
