import { notFound } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { whileWritten } from "../collections/whileWritten.ts";
import { defineOperation } from "../operation.ts";
import type { DocumentReference } from "./getDocument.ts";

export interface DeleteDocumentInput extends DocumentReference {
  /** Only if the document has this version now. */
  readonly ifVersion?: number;
}

export const deleteDocument = defineOperation<DeleteDocumentInput, void>({
  name: "deleteDocument",
  permission: "document::delete",
  resource: namedCollection,
  underFilter: "applied",
  run: async (context, { collection: reference, id, ...condition }) => {
    const { within } = context;
    const [found] = await whileWritten(context, reference, ({ collection }) =>
      collection.delete([id], { ...condition, within }),
    );
    if (!found) throw notFound(`document ${JSON.stringify(id)}`);
  },
});
