import type { DocumentInput, UpsertItem, UpsertOptions, UpsertResult } from "@akidb/base";
import { limits } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { DocumentBody, documentInputFromWire, documentInputToWire } from "./document.ts";
import { ErrorBody, errorBodyFrom, LineError } from "./errorBody.ts";
import { LatencyMs } from "./latency.ts";

export const Version = Type.Integer({
  description: "1 when inserted, one more with every upsert and patch.",
  examples: [1],
});

export const ChunkCount = Type.Integer({
  description: "Of a document in chunks: how many there are. Its `id` and `version` are the first one's.",
});

export const InsertResponse = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    version: Version,
    chunk_count: Type.Optional(ChunkCount),
    latency_ms: LatencyMs,
  },
  { $id: "Inserted" },
);
export type InsertResponse = Static<typeof InsertResponse>;

export const UpsertBody = Type.Object(
  {
    documents: Type.Array(DocumentBody, {
      description: "Each replaces the document that has its id or external id.",
    }),
    atomic: Type.Optional(
      Type.Boolean({
        description: "All are written or none. Default: each is written or refused on its own.",
      }),
    ),
  },
  {
    $id: "Upsert",
    additionalProperties: false,
    examples: [
      { documents: [{ external_id: "clrs", text: "Sorting in linear time", metadata: { year: 1990 } }] },
    ],
  },
);
export type UpsertBody = Static<typeof UpsertBody>;

export type WireItem = { id: string; version: number; chunk_count?: number } | { error: ErrorBody };

/** One object and no union, so that ten thousand of them serialise fast. */
export const WireItem = Type.Unsafe<WireItem>(
  Type.Object(
    {
      id: Type.Optional(Type.String({ format: "uuid" })),
      version: Type.Optional(Version),
      chunk_count: Type.Optional(ChunkCount),
      error: Type.Optional(ErrorBody),
    },
    { description: "`id` and `version` of what was written, or the `error`." },
  ),
);

const upsertedFields = {
  upserted: Type.Integer({ examples: [2] }),
  failed: Type.Integer({ examples: [0] }),
};
const items = Type.Array(WireItem, { description: "Of a batch: one for each document, in their order." });
const errors = Type.Array(LineError, {
  description: `Of a stream: the first ${limits.itemErrorsMax} lines that could not be written.`,
});

export const UpsertResponse = Type.Object({ ...upsertedFields, items, latency_ms: LatencyMs });
export type UpsertResponse = Static<typeof UpsertResponse>;

export const StreamResponse = Type.Object({ ...upsertedFields, errors, latency_ms: LatencyMs });
export type StreamResponse = Static<typeof StreamResponse>;

/** What the one route answers. */
export const UpsertOrStreamResponse = Type.Object(
  {
    ...upsertedFields,
    items: Type.Optional(items),
    errors: Type.Optional(errors),
    latency_ms: LatencyMs,
  },
  { $id: "Upserted" },
);

export const StreamLines = Type.Any({
  description: "One DocumentInput a line, any number of them; blank lines are skipped.",
  examples: ['{"external_id":"a","vector":[0.1,0.2]}\n{"external_id":"b","vector":[0.3,0.4]}\n'],
});

export const ndjsonContentType = "application/x-ndjson";

export interface UpsertRequest extends UpsertOptions {
  readonly documents: readonly DocumentInput[];
}

export const upsertFromWire = (body: UpsertBody): UpsertRequest =>
  definedFields<UpsertRequest>({
    documents: body.documents.map((document, index) =>
      documentInputFromWire(document, `documents[${index}]`),
    ),
    atomic: body.atomic,
  });

export const upsertToWire = (request: UpsertRequest): UpsertBody =>
  definedFields<UpsertBody>({
    documents: request.documents.map(documentInputToWire),
    atomic: request.atomic,
  });

export const upsertResultToWire = (result: UpsertResult, latencyMs: number): UpsertResponse => ({
  upserted: result.upsertedCount,
  failed: result.items.length - result.upsertedCount,
  items: result.items.map(itemToWire),
  latency_ms: latencyMs,
});

export const upsertResultFromWire = (response: UpsertResponse): UpsertResult => ({
  upsertedCount: response.upserted,
  items: response.items.map(itemFromWire),
});

export const itemToWire = (item: UpsertItem): WireItem =>
  item.ok
    ? {
        id: item.id,
        version: item.version,
        ...(item.chunkCount !== undefined && { chunk_count: item.chunkCount }),
      }
    : { error: errorBodyFrom(item.code, item.detail, item.violations) };

export const itemFromWire = (item: WireItem): UpsertItem =>
  "error" in item
    ? { ok: false, code: item.error.code, detail: item.error.detail, violations: item.error.errors ?? [] }
    : {
        ok: true,
        id: item.id,
        version: item.version,
        ...(item.chunk_count !== undefined && { chunkCount: item.chunk_count }),
      };
