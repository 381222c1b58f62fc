import type { DocumentChange, DocumentPatch, PatchResult, UpsertOptions } from "@akidb/base";
import { type JsonObject, limits } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { IfVersion } from "./document.ts";
import { LatencyMs } from "./latency.ts";
import { itemFromWire, itemToWire, Version, WireItem } from "./upsert.ts";

/** RFC 7396. The whole body of a patch is one: what it does not name stays. */
export const mergePatchContentType = "application/merge-patch+json";

const changeFields = {
  metadata: Type.Optional(
    Type.Unsafe<JsonObject | null>({
      type: ["object", "null"],
      additionalProperties: true,
      description:
        "A JSON Merge Patch (RFC 7396) of the metadata: members are replaced, null takes one away; null takes all.",
      examples: [{ year: 1991, draft: null }],
    }),
  ),
  ttl_seconds: Type.Optional(
    Type.Unsafe<number | null>({
      type: ["number", "null"],
      description: `The document goes by itself after that time, at most ${limits.ttlSecondsMax}; null: never.`,
    }),
  ),
  expires_at: Type.Optional(
    Type.Unsafe<string | null>({
      type: ["string", "null"],
      description: "The same as a time, ISO 8601 with its zone; null: never.",
    }),
  ),
  if_version: Type.Optional(IfVersion),
};

export const PatchBody = Type.Object(changeFields, {
  $id: "DocumentChange",
  additionalProperties: false,
  examples: [{ metadata: { year: 1991, draft: null } }],
});
export type PatchBody = Static<typeof PatchBody>;

export const PatchResponse = Type.Object(
  { id: Type.String({ format: "uuid" }), version: Version, latency_ms: LatencyMs },
  { $id: "Patched" },
);
export type PatchResponse = Static<typeof PatchResponse>;

export const PatchManyBody = Type.Object(
  {
    documents: Type.Array(
      Type.Object(
        { id: Type.String({ description: "The document's id or external id." }), ...changeFields },
        { additionalProperties: false },
      ),
    ),
    atomic: Type.Optional(
      Type.Boolean({
        description: "All are changed or none. Default: each is changed or refused on its own.",
      }),
    ),
  },
  {
    $id: "PatchDocuments",
    additionalProperties: false,
    examples: [{ documents: [{ id: "clrs", metadata: { year: 1991, draft: null } }] }],
  },
);
export type PatchManyBody = Static<typeof PatchManyBody>;

export const PatchManyResponse = Type.Object(
  {
    patched: Type.Integer({ examples: [2] }),
    failed: Type.Integer({ examples: [0] }),
    items: Type.Array(WireItem, { description: "One for each document, in their order." }),
    latency_ms: LatencyMs,
  },
  { $id: "PatchedDocuments" },
);
export type PatchManyResponse = Static<typeof PatchManyResponse>;

export interface PatchManyRequest extends UpsertOptions {
  readonly patches: readonly DocumentPatch[];
}

export const changeFromWire = (body: PatchBody): Omit<DocumentPatch, "id"> =>
  definedFields<Omit<DocumentPatch, "id">>({
    metadata: body.metadata,
    ttlSeconds: body.ttl_seconds,
    expiresAt: body.expires_at,
    ifVersion: body.if_version,
  });

export const changeToWire = (change: DocumentChange & { readonly ifVersion?: number }): PatchBody =>
  definedFields<PatchBody>({
    metadata: change.metadata,
    ttl_seconds: change.ttlSeconds,
    expires_at: change.expiresAt,
    if_version: change.ifVersion,
  });

export const patchManyFromWire = ({ documents, atomic }: PatchManyBody): PatchManyRequest =>
  definedFields<PatchManyRequest>({
    patches: documents.map(({ id, ...change }) => ({ id, ...changeFromWire(change) })),
    atomic,
  });

export const patchManyToWire = ({ patches, atomic }: PatchManyRequest): PatchManyBody =>
  definedFields<PatchManyBody>({
    documents: patches.map((patch) => ({ id: patch.id, ...changeToWire(patch) })),
    atomic,
  });

export const patchResultToWire = (result: PatchResult, latencyMs: number): PatchManyResponse => ({
  patched: result.patchedCount,
  failed: result.items.length - result.patchedCount,
  items: result.items.map(itemToWire),
  latency_ms: latencyMs,
});

export const patchResultFromWire = (response: PatchManyResponse): PatchResult => ({
  patchedCount: response.patched,
  items: response.items.map(itemFromWire),
});
