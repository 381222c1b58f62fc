import { type DocumentPatch, invalidArgument, type PatchResult, type UpsertOptions } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { whileWritten } from "../collections/whileWritten.ts";
import { defineOperation } from "../operation.ts";
import type { CollectionReference } from "./getCollection.ts";

export interface PatchDocumentsInput extends CollectionReference, UpsertOptions {
  readonly patches: readonly DocumentPatch[];
}

export const patchDocuments = defineOperation<PatchDocumentsInput, PatchResult>({
  name: "patchDocuments",
  permission: "document::write",
  resource: namedCollection,
  underFilter: "applied",
  run: async (context, { collection: reference, patches, atomic = false }) => {
    const { limits, within } = context;
    if (patches.length > limits.batchDocumentsMax) {
      const detail = `has ${patches.length} documents; one batch holds at most ${limits.batchDocumentsMax}`;
      throw invalidArgument("documents", detail);
    }
    const checked = patches.map((patch) =>
      typeof patch === "object" && patch !== null ? patch : invalidArgument("", "must be an object"),
    );
    const items = await whileWritten(context, reference, ({ collection }) =>
      collection.patch(checked, { atomic, within }),
    );
    return { patchedCount: items.filter(({ ok }) => ok).length, items };
  },
});
