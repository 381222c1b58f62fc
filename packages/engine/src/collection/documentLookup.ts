import type { DocumentId } from "@akidb/base";
import type { ResolvedDocument } from "./mutation.ts";

/** What the resolution of a write needs to know of the documents before it. */
export interface DocumentLookup {
  readonly count: number;
  find(id: DocumentId): ResolvedDocument | undefined;
  idOfExternalId(externalId: string): DocumentId | undefined;
}
