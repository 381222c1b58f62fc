import {
  chunkBoundaries,
  type Document,
  type DocumentInput,
  invalidArgument,
  type JsonObject,
  limits,
  parseId,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { includeSchema } from "./include.ts";
import { stringEnum } from "./stringEnum.ts";
import { readVector, vectorToWire, WireVector } from "./wireVector.ts";

export const Metadata = Type.Unsafe<JsonObject>({
  type: "object",
  additionalProperties: true,
  description: "Any JSON object.",
  examples: [{ year: 1990, tags: ["algorithms"] }],
});

export const ResultVector = Type.Array(Type.Number(), { description: "Present only when asked for." });

const DocumentId = Type.String({
  description: "A UUID; made by the server if absent.",
  examples: ["019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d"],
});

const ExternalId = Type.String({
  description: `Your own name for the document, at most ${limits.externalIdBytesMax} bytes, unique in the collection.`,
  examples: ["isbn-0262033844"],
});

/** When a document goes by itself. */
const ttlSeconds = `The document goes by itself after that time; above 0, at most ${limits.ttlSecondsMax}.`;
const expiresAt = "The same as a time, ISO 8601 with its zone; not together with `ttl_seconds`.";

export const IfVersion = Type.Integer({
  minimum: 0,
  description: "Only if the document has this version now, 0 for none; `failed_precondition` otherwise.",
});

export const WireChunking = Type.Object(
  {
    size: Type.Integer({
      minimum: limits.chunkCharactersMin,
      maximum: limits.chunkCharactersMax,
      description: "Most characters of a chunk, as UTF-16 counts them.",
    }),
    overlap: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: limits.chunkCharactersMax / 2,
        description:
          "Characters that a chunk may repeat of the one before, in whole sentences or words; half of `size` at most. Default: 0.",
      }),
    ),
    by: Type.Optional(
      stringEnum(chunkBoundaries, { description: "What is kept whole where it fits. Default: sentence." }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "The text is written in parts, each a document of its own with the external id `<external_id or id>#<n>` and with " +
      "`chunk` in its metadata, in place of all that the document was before.",
    examples: [{ size: 1_000, overlap: 100, by: "sentence" }],
  },
);

export const DocumentBody = Type.Object(
  {
    id: Type.Optional(DocumentId),
    doc_id: Type.Optional({ ...DocumentId, description: "The same as `id`." }),
    external_id: Type.Optional(ExternalId),
    vector: Type.Optional(WireVector),
    text: Type.Optional(
      Type.String({ description: "Stored; embedded with the collection's model where there is no vector." }),
    ),
    metadata: Type.Optional(Metadata),
    ttl_seconds: Type.Optional(Type.Number({ description: ttlSeconds, examples: [86_400] })),
    expires_at: Type.Optional(Type.String({ description: expiresAt })),
    if_version: Type.Optional(IfVersion),
    chunking: Type.Optional(WireChunking),
  },
  {
    $id: "DocumentInput",
    additionalProperties: false,
    examples: [
      { external_id: "isbn-0262033844", text: "Introduction to Algorithms", metadata: { year: 1990 } },
    ],
  },
);
export type DocumentBody = Static<typeof DocumentBody>;

export const DocumentResource = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    external_id: Type.Optional(Type.String()),
    vector: Type.Optional(ResultVector),
    text: Type.Optional(Type.String()),
    metadata: Type.Optional(Metadata),
    inserted_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
    version: Type.Integer({ description: "1 when inserted, one more with every upsert and patch." }),
    expires_at: Type.Optional(Type.String({ format: "date-time" })),
  },
  { $id: "Document" },
);
export type DocumentResource = Static<typeof DocumentResource>;

export const DocumentQuery = Type.Object(
  { include: Type.Optional(includeSchema(["metadata", "text"])) },
  // Written with commas: `include=metadata,vector`.
  { additionalProperties: false, style: "form", explode: false },
);
export type DocumentQuery = Static<typeof DocumentQuery>;

/** @param path of the document in the request, before its own fields; empty if it is the whole body */
export function documentInputFromWire(body: DocumentBody, path: string): DocumentInput {
  const { id, doc_id, vector } = body;
  const at = (field: string): string => (path === "" ? field : `${path}.${field}`);
  if (id !== undefined && doc_id !== undefined) {
    throw invalidArgument(at("doc_id"), "is the same as id; give one of them");
  }
  return definedFields<DocumentInput>({
    id: id ?? doc_id,
    externalId: body.external_id,
    vector: vector === undefined ? undefined : readVector(vector, at("vector")),
    text: body.text,
    metadata: body.metadata,
    ttlSeconds: body.ttl_seconds,
    expiresAt: body.expires_at,
    ifVersion: body.if_version,
    chunking: body.chunking,
  });
}

/** Of a body that is sent to a document's own path: the path's id is the document's, or else its external id. */
export function documentAtPathFromWire(id: string, body: DocumentBody): DocumentInput {
  const input = documentInputFromWire(body, "");
  const isId = parseId<"document">(id) !== undefined;
  const named = isId ? input.id?.toLowerCase() : input.externalId;
  if (named !== undefined && named !== (isId ? id.toLowerCase() : id)) {
    throw invalidArgument(isId ? "id" : "external_id", "is another one than that of the path");
  }
  return { ...input, ...(isId ? { id } : { externalId: id }) };
}

export const documentInputToWire = (input: DocumentInput): DocumentBody =>
  definedFields<DocumentBody>({
    id: input.id,
    external_id: input.externalId,
    vector: input.vector === undefined ? undefined : vectorToWire(input.vector),
    text: input.text,
    metadata: input.metadata,
    ttl_seconds: input.ttlSeconds,
    expires_at: input.expiresAt,
    if_version: input.ifVersion,
    chunking: input.chunking,
  });

export const documentToWire = (document: Document): DocumentResource =>
  definedFields<DocumentResource>({
    id: document.id,
    external_id: document.externalId,
    vector: document.vector === undefined ? undefined : Array.from(document.vector),
    text: document.text,
    metadata: document.metadata,
    inserted_at: document.insertedAt,
    updated_at: document.updatedAt,
    version: document.version,
    expires_at: document.expiresAt,
  });

export const documentFromWire = (resource: DocumentResource): Document =>
  definedFields<Document>({
    id: resource.id,
    externalId: resource.external_id,
    vector: resource.vector === undefined ? undefined : Float32Array.from(resource.vector),
    text: resource.text,
    metadata: resource.metadata,
    insertedAt: resource.inserted_at,
    updatedAt: resource.updated_at,
    version: resource.version,
    expiresAt: resource.expires_at,
  });
