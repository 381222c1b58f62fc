import type { Document } from "./document.ts";
import type { Filter } from "./filter.ts";
import type { JsonObject } from "./json.ts";
import type { MetadataPath } from "./metadataFields.ts";
import type { Include, QueryInput } from "./query.ts";

export interface CountInput<Metadata extends object = JsonObject> {
  /** As in {@link QueryInput}; every document if absent. */
  readonly filter?: Filter<Metadata>;
}

export interface ScrollInput<Metadata extends object = JsonObject> extends CountInput<Metadata> {
  /** Metadata and text if absent. */
  readonly include?: readonly Include[];
  /** Documents of a page, 1..1,000; 100 if absent. */
  readonly limit?: number;
}

export interface ScrollPageInput<Metadata extends object = JsonObject> extends ScrollInput<Metadata> {
  /** From the page before, of the same collection and filter. */
  readonly cursor?: string;
}

export interface ScrollPage<Metadata extends object = JsonObject> {
  /** May be fewer than `limit` on any page: what changed meanwhile is left out, and large documents end a page early. */
  readonly documents: readonly Document<Metadata>[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

export interface FacetsInput<Metadata extends object = JsonObject> extends CountInput<Metadata> {
  /** As in a filter: `author.name`. */
  readonly field: MetadataPath<Metadata>;
  /** Values that come back, 1..1,000; 10 if absent. */
  readonly limit?: number;
}

export interface FacetsResult {
  /** Most frequent first; equally frequent ones in the order of false, true, numbers, strings, null. */
  readonly facets: readonly Facet[];
  /** Different values, those beyond `limit` among them. */
  readonly distinctCount: number;
}

export interface Facet {
  /** An element, where documents have arrays; dates are strings as they were written. */
  readonly value: string | number | boolean | null;
  /** Documents that have the value. */
  readonly count: number;
}

/** Exactly one of `ids` and `filter`. */
export interface GetManyInput<Metadata extends object = JsonObject> {
  /** Ids and external ids, at most 1,000. */
  readonly ids?: readonly string[];
  readonly filter?: Filter<Metadata>;
  /** Metadata and text if absent. */
  readonly include?: readonly Include[];
  /** Of a filter's documents, 1..1,000; 100 if absent. */
  readonly limit?: number;
}

export interface GetManyResult<Metadata extends object = JsonObject> {
  /** In the order of `ids`; by a filter, the first ones in the order of their ids. */
  readonly documents: readonly Document<Metadata>[];
  /** Those of `ids` of which there is no document. */
  readonly missing: readonly string[];
}

/** Exactly one of the three. */
export interface DeleteManyInput<Metadata extends object = JsonObject> {
  /** Ids and external ids, at most 10,000; those of which there is no document are passed over. */
  readonly ids?: readonly string[];
  /** With at least one condition. */
  readonly filter?: Filter<Metadata>;
  /** Every document that there is at the call. */
  readonly all?: boolean;
}

export interface DeleteManyResult {
  readonly deletedCount: number;
}
