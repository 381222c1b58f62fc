import type { DocumentId } from "@akidb/base";

/**
 * A change of a collection with nothing left to decide: identifiers, times and versions are plain data. The same
 * value is applied right after it was logged and again at every replay.
 */
export type Mutation = UpsertMutation | ReplaceMutation | PatchMutation | DeleteMutation;

export interface UpsertMutation {
  readonly kind: "upsert";
  readonly documents: readonly ResolvedDocument[];
  /** `documents.length × dimension`, row-major. */
  readonly vectors: Float32Array;
}

/** Documents go and others come in their place, both or neither whatever happens. */
export interface ReplaceMutation {
  readonly kind: "replace";
  /** None of them is among the documents. */
  readonly ids: readonly DocumentId[];
  readonly documents: readonly ResolvedDocument[];
  readonly vectors: Float32Array;
}

/** Documents that are there change, and their vectors and external ids stay. */
export interface PatchMutation {
  readonly kind: "patch";
  /** As they are from then on, whole. */
  readonly documents: readonly ResolvedDocument[];
  /** Of each document until then: a replay must take out of an index what the documents' file has no more. */
  readonly metadataBefore: readonly (string | undefined)[];
}

export interface DeleteMutation {
  readonly kind: "delete";
  readonly ids: readonly DocumentId[];
  /** Undefined where version 1 wrote the record, which did not say. */
  readonly deletedAtMs: number | undefined;
}

export interface ResolvedDocument {
  readonly id: DocumentId;
  readonly externalId: string | undefined;
  readonly text: string | undefined;
  /** As JSON: parsed only when somebody asks for it. */
  readonly metadata: string | undefined;
  readonly insertedAtMs: number;
  readonly updatedAtMs: number;
  readonly version: number;
  /** From then on it is as good as deleted; undefined: never. */
  readonly expiresAtMs: number | undefined;
}
