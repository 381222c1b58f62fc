import { parseId } from "@akidb/base";
import type { DocumentLookup } from "../collection/documentLookup.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";

/** @param key an id, else an external id */
export function findDocument(documents: DocumentLookup, key: string): ResolvedDocument | undefined {
  const id = parseId<"document">(key);
  const byId = id === undefined ? undefined : documents.find(id);
  if (byId !== undefined) return byId;
  const named = documents.idOfExternalId(key);
  return named === undefined ? undefined : documents.find(named);
}
