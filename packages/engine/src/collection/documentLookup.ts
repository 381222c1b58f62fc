import type { DocumentId } from "@akidb/base";
import type { ResolvedDocument } from "./mutation.ts";

/** What the resolution of a write needs to know of the documents before it. What has expired is not there. */
export interface DocumentLookup {
  readonly count: number;
  find(id: DocumentId): ResolvedDocument | undefined;
  idOfExternalId(externalId: string): DocumentId | undefined;
  /** The document that has expired, and has the external id until it is removed. */
  expiredHolderOf(externalId: string): DocumentId | undefined;
  hasExpired(document: ResolvedDocument): boolean;
}
