import {
  type Chunking,
  type Document,
  type DocumentChange,
  type DocumentInput,
  type DocumentPatch,
  type ErrorCode,
  errorCodes,
  type FieldViolation,
  type JsonObject,
  type UpsertItem,
} from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type {
  Chunking as ChunkingMessage,
  DocumentInput as DocumentInputMessage,
  Document as DocumentMessage,
  DocumentPatch as DocumentPatchMessage,
  IngestItem,
  ItemError,
} from "@akidb/protocol/grpc";
import { components, name, number, object, struct, text, whole32, whole64 } from "./fields.ts";

export const documentMessage = (input: DocumentInput): DocumentInputMessage => ({
  docId: input.id === undefined ? "" : name("id", input.id),
  externalId: text("external_id", input.externalId),
  vector: input.vector === undefined ? [] : components("vector", input.vector),
  text: text("text", input.text),
  metadata: struct("metadata", input.metadata),
  ttlSeconds: number("ttl_seconds", input.ttlSeconds),
  expiresAt: text("expires_at", input.expiresAt),
  ifVersion: whole64("if_version", input.ifVersion),
  chunking: input.chunking === undefined ? undefined : chunkingMessage(input.chunking),
});

function chunkingMessage(chunking: Chunking): ChunkingMessage {
  const { size, overlap, by } = object("chunking", chunking);
  return {
    size: whole32("chunking.size", size) ?? 0,
    overlap: whole32("chunking.overlap", overlap),
    by: text("chunking.by", by),
  };
}

export const patchMessage = ({ id, ifVersion, ...change }: DocumentPatch): DocumentPatchMessage => ({
  docId: name("id", id),
  ...changeMessage(change),
  ifVersion: whole64("if_version", ifVersion),
});

const changeMessage = ({ metadata, ttlSeconds, expiresAt }: DocumentChange) => ({
  metadata: struct("metadata", metadata ?? undefined),
  removeMetadata: metadata === null,
  ttlSeconds: number("ttl_seconds", ttlSeconds ?? undefined),
  expiresAt: text("expires_at", expiresAt ?? undefined),
  removeExpiry: ttlSeconds === null || expiresAt === null,
});

export const documentOf = (message: DocumentMessage): Document =>
  definedFields<Document>({
    id: message.docId,
    externalId: message.externalId,
    vector: vectorOf(message.vector),
    text: message.text,
    metadata: message.metadata as JsonObject | undefined,
    insertedAt: message.insertedAt,
    updatedAt: message.updatedAt,
    version: message.version,
    expiresAt: message.expiresAt,
  });

/** No vector has no components: a list that is empty was not sent. */
export const vectorOf = (values: readonly number[]): Float32Array | undefined =>
  values.length === 0 ? undefined : Float32Array.from(values);

export function itemOf({ outcome }: IngestItem): UpsertItem {
  switch (outcome?.$case) {
    case "written":
      return {
        ok: true,
        id: outcome.value.docId,
        version: outcome.value.version,
        ...(outcome.value.chunkCount !== undefined && { chunkCount: outcome.value.chunkCount }),
      };
    case "error":
      return refusedItem(outcome.value);
    case undefined:
      return {
        ok: false,
        code: "internal",
        detail: "the server does not say what became of it",
        violations: [],
      };
  }
}

export interface RefusedItem {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly violations: readonly FieldViolation[];
}

/** A newer server may have a code that this version does not know. */
export const refusedItem = ({ code, detail, violations }: ItemError): RefusedItem => ({
  ok: false,
  code: errorCodes.find((each) => each === code) ?? "internal",
  detail,
  violations: violations.map(({ path, detail }) => ({ path, detail })),
});
