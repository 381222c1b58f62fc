import { AkiDbError, type DocumentPatch, type PatchedDocument } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { defineOperation } from "../operation.ts";
import type { DocumentReference } from "./getDocument.ts";

export type PatchDocumentInput = DocumentReference & DocumentPatch;

export const patchDocument = defineOperation<PatchDocumentInput, PatchedDocument>({
  name: "patchDocument",
  permission: "document::write",
  resource: namedCollection,
  underFilter: "applied",
  run: async ({ collections, databaseId, call, within }, { collection: reference, ...patch }) => {
    using live = await collections.get(databaseId, reference, call.deadline);
    const [item] = await live.collection.patch([patch], { within });
    if (!item!.ok) throw new AkiDbError(item!.code, item!.detail, { violations: item!.violations });
    return { id: item!.id, version: item!.version };
  },
});
