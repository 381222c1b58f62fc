import { parseId } from "@akidb/base";
import type { DocumentLookup } from "../collection/documentLookup.ts";
import type { ResolvedDocument } from "../collection/mutation.ts";
import type { Filter } from "../filter/filter.ts";
import { passesFilter } from "./passesFilter.ts";

/**
 * @param key an id, else an external id
 * @param within what does not pass it is not there
 */
export function findDocument(
  documents: DocumentLookup,
  key: string,
  within?: Filter,
): ResolvedDocument | undefined {
  const document = findAny(documents, key);
  return document === undefined || within === undefined || passesFilter(document, within)
    ? document
    : undefined;
}

function findAny(documents: DocumentLookup, key: string): ResolvedDocument | undefined {
  const id = parseId<"document">(key);
  const byId = id === undefined ? undefined : documents.find(id);
  if (byId !== undefined) return byId;
  const named = documents.idOfExternalId(key);
  return named === undefined ? undefined : documents.find(named);
}
