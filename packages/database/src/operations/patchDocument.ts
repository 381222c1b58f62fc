import { AkiDbError, type DocumentPatch, type PatchedDocument } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { whileWritten } from "../collections/whileWritten.ts";
import { defineOperation } from "../operation.ts";
import type { DocumentReference } from "./getDocument.ts";

export type PatchDocumentInput = DocumentReference & DocumentPatch;

export const patchDocument = defineOperation<PatchDocumentInput, PatchedDocument>({
  name: "patchDocument",
  permission: "document::write",
  resource: namedCollection,
  underFilter: "applied",
  run: async (context, { collection: reference, ...patch }) => {
    const { within } = context;
    const [item] = await whileWritten(context, reference, ({ collection }) =>
      collection.patch([patch], { within }),
    );
    if (!item!.ok) throw new AkiDbError(item!.code, item!.detail, { violations: item!.violations });
    return { id: item!.id, version: item!.version };
  },
});
