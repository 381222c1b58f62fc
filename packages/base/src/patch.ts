import type { DocumentInput } from "./document.ts";
import type { JsonObject } from "./json.ts";
import type { MetadataPatch } from "./metadataPatch.ts";
import type { UpsertItem } from "./upsert.ts";

/** What is absent stays as it is. */
export interface DocumentChange<Metadata extends object = JsonObject> {
  /** A JSON Merge Patch (RFC 7396): members are replaced, null takes one away; null for all of it takes all. */
  readonly metadata?: MetadataPatch<Metadata> | null;
  /** As in {@link DocumentInput}; null: the document does not expire. */
  readonly ttlSeconds?: number | null;
  readonly expiresAt?: string | null;
}

export interface DocumentPatch<Metadata extends object = JsonObject> extends DocumentChange<Metadata> {
  /** A document's id or external id. */
  readonly id: string;
  /** Only if the document has this version now. */
  readonly ifVersion?: number;
}

export interface PatchedDocument {
  readonly id: string;
  readonly version: number;
}

export interface PatchResult {
  readonly patchedCount: number;
  /** One for each patch, in their order. */
  readonly items: readonly UpsertItem[];
}
