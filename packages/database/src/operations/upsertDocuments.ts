import { type DocumentInput, invalidArgument, type UpsertOptions, type UpsertResult } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { embedDocuments } from "../embedDocuments.ts";
import { defineOperation } from "../operation.ts";
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
    const { collections, databaseId, call, limits, within } = context;
    if (documents.length > limits.batchDocumentsMax) {
      const detail = `has ${documents.length} documents; one batch holds at most ${limits.batchDocumentsMax}`;
      throw invalidArgument("documents", detail);
    }
    using live = await collections.get(databaseId, reference, call.deadline);
    const { record, collection } = live;
    const embedded = await embedDocuments(context, record, documents);
    // Once the batch is handed over it is written, whether its caller still waits or not.
    call.deadline.check();
    const items = await collection.upsert(embedded, { atomic, within });
    return { upsertedCount: items.filter(({ ok }) => ok).length, items };
  },
});
