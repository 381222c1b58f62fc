import { type Document, type DocumentInput, invalidArgument, type JsonObject, limits } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { includeSchema } from "./include.ts";
import { vectorFromWire, vectorToWire, WireVector } from "./wireVector.ts";

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
    version: Type.Integer({ description: "1 when inserted, one more with every upsert." }),
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
    vector: vector === undefined ? undefined : vectorFromWire(vector, at("vector")),
    text: body.text,
    metadata: body.metadata,
  });
}

export const documentInputToWire = (input: DocumentInput): DocumentBody =>
  definedFields<DocumentBody>({
    id: input.id,
    external_id: input.externalId,
    vector: input.vector === undefined ? undefined : vectorToWire(input.vector),
    text: input.text,
    metadata: input.metadata,
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
  });
