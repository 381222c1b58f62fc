import {
  type DocumentInput,
  invalidArgument,
  type UpsertItem,
  type UpsertOptions,
  type UpsertResult,
} from "@akidb/base";
import type { CommitTiming } from "@akidb/engine";
import { namedCollection } from "../access/resources.ts";
import { isInChunks, upsertInChunks, type Writable } from "../chunking/upsertInChunks.ts";
import { whileWritten } from "../collections/whileWritten.ts";
import { embedDocuments } from "../embedDocuments.ts";
import { defineOperation } from "../operation.ts";
import { inSpan, type Span } from "../telemetry/span.ts";
import type { CollectionReference } from "./getCollection.ts";

export interface UpsertDocumentsInput extends CollectionReference, UpsertOptions {
  readonly documents: readonly DocumentInput[];
}

export const upsertDocuments = defineOperation<UpsertDocumentsInput, UpsertResult>({
  name: "upsertDocuments",
  permission: "document::write",
  resource: namedCollection,
  underFilter: "applied",
  run: async (context, { collection: reference, documents, atomic = false }) => {
    const { call, limits, within, clock, telemetry } = context;
    if (documents.length > limits.batchDocumentsMax) {
      const detail = `has ${documents.length} documents; one batch holds at most ${limits.batchDocumentsMax}`;
      throw invalidArgument("documents", detail);
    }
    const span = call.trace?.span;
    const items = await whileWritten(context, reference, async ({ record, collection }) => {
      const write = async (embedded: readonly Writable[]): Promise<readonly UpsertItem[]> => {
        // Once the batch is handed over it is written, whether its caller still waits or not.
        call.deadline.check();
        const startMs = clock.monotonicMs();
        const items = await inSpan(span, "upsert", (part) =>
          collection.upsert(embedded, {
            atomic,
            within,
            ...(part !== undefined && { onCommitted: (timing) => tellCommit(part, timing) }),
          }),
        );
        telemetry.meter.upserted(clock.monotonicMs() - startMs);
        return items;
      };
      return documents.some(isInChunks)
        ? await upsertInChunks(context, { documents, atomic, record, write })
        : await write(await inSpan(span, "embed", () => embedDocuments(context, record, documents)));
    });
    return { upsertedCount: items.filter(({ ok }) => ok).length, items };
  },
});

/** Of the group of writes that this one was committed with: the file of documents is written behind, so it is waited for first. */
function tellCommit(span: Span, { decidedMs, admittedMs, loggedMs, appliedMs }: CommitTiming): void {
  span.begin("document store", decidedMs).end(admittedMs);
  span.begin("WAL", admittedMs).end(loggedMs);
  span.begin("index", loggedMs).end(appliedMs);
}
