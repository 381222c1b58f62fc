import { assert, type DocumentId, idFromBytes, idToBytes } from "@akidb/base";
import type { UnsealedRecord } from "../wal/openSegment.ts";
import { allocateRecord, recordHeaderBytes, recordTypes, type WalRecord } from "../wal/recordFormat.ts";
import { decodeDocuments, documentsTimeMs, encodeDocuments } from "./documentsPayload.ts";
import type { DeleteMutation, Mutation, ReplaceMutation } from "./mutation.ts";

// A replacement's payload: id count (u32), zero (u32), ids (16 bytes each), then the payload of an upsert.
const replaceHeadBytes = 8;

// A delete's payload: id count (u32), zero (u32), time (f64 ms; none in version 1), ids (16 bytes each).
const deleteHeadBytes = { 1: 8, later: 16 } as const;
const idBytes = 16;

export function encodeMutation(mutation: Mutation): UnsealedRecord {
  switch (mutation.kind) {
    case "upsert":
      return encodeDocuments(recordTypes.upsert, mutation);
    case "replace":
      return encodeReplacement(mutation);
    case "patch": {
      const { documents, metadataBefore } = mutation;
      return encodeDocuments(recordTypes.patch, { documents, vectors: new Float32Array(), metadataBefore });
    }
    case "delete":
      return encodeDelete(mutation);
  }
}

function encodeReplacement({ ids, ...upserted }: ReplaceMutation): UnsealedRecord {
  const upsert = encodeDocuments(recordTypes.upsert, upserted);
  const payloadBytes = replacementBytes(ids.length) + upsert.payloadBytes;
  const { record, payload } = allocateRecord(payloadBytes);
  new DataView(payload.buffer, payload.byteOffset, payload.length).setUint32(0, ids.length, true);
  for (const [index, id] of ids.entries()) payload.set(idToBytes(id), replaceHeadBytes + index * idBytes);
  const from = recordHeaderBytes;
  payload.set(upsert.record.subarray(from, from + upsert.payloadBytes), replacementBytes(ids.length));
  return { type: recordTypes.replace, record, payloadBytes };
}

/** What a replacement takes beside its upsert. */
export const replacementBytes = (idCount: number): number => replaceHeadBytes + idCount * idBytes;

/** At an address that is a multiple of 8 as the whole payload is. */
const upsertOf = (replacement: Uint8Array): Uint8Array =>
  replacement.subarray(replacementBytes(idCountOf(replacement)));

function encodeDelete({ ids, deletedAtMs }: DeleteMutation): UnsealedRecord {
  assert(deletedAtMs !== undefined, "a delete that is logged has its time");
  const payloadBytes = deleteHeadBytes.later + ids.length * idBytes;
  const { record, payload } = allocateRecord(payloadBytes);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  view.setUint32(0, ids.length, true);
  view.setFloat64(8, deletedAtMs, true);
  for (const [index, id] of ids.entries()) {
    payload.set(idToBytes(id), deleteHeadBytes.later + index * idBytes);
  }
  return { type: recordTypes.delete, record, payloadBytes };
}

/**
 * Vectors are a view of the record's payload; strings and identifiers are copies.
 *
 * @throws RangeError or TypeError where a payload whose checksum holds does not have the layout of its type
 */
export function decodeMutation({ version, type, payload }: WalRecord): Mutation {
  switch (type) {
    case recordTypes.upsert: {
      const { documents, vectors } = decodeDocuments(type, payload, version);
      return { kind: "upsert", documents, vectors };
    }
    case recordTypes.replace: {
      const { documents, vectors } = decodeDocuments(recordTypes.upsert, upsertOf(payload), version);
      return { kind: "replace", ids: idsAt(payload, replaceHeadBytes), documents, vectors };
    }
    case recordTypes.patch: {
      const { documents, metadataBefore } = decodeDocuments(type, payload, version);
      return { kind: "patch", documents, metadataBefore };
    }
    case recordTypes.delete:
      return decodeDelete(payload, version);
    default:
      throw new RangeError(`unknown record type ${type}`);
  }
}

function decodeDelete(payload: Uint8Array, version: number): DeleteMutation {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const ids = idsAt(payload, version === 1 ? deleteHeadBytes[1] : deleteHeadBytes.later);
  return { kind: "delete", ids, deletedAtMs: version === 1 ? undefined : view.getFloat64(8, true) };
}

const idCountOf = (payload: Uint8Array): number =>
  new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(0, true);

function idsAt(payload: Uint8Array, offset: number): DocumentId[] {
  return Array.from({ length: idCountOf(payload) }, (_, index) => {
    const at = offset + index * idBytes;
    return idFromBytes<"document">(payload.subarray(at, at + idBytes));
  });
}

/**
 * When the writer decided a record, without decoding the rest of it; milliseconds since 1970. Undefined for deletes of
 * version 1, whose time was not kept.
 *
 * @throws RangeError where a payload does not have the layout of its type
 */
export function recordTimeMs({ version, type, payload }: WalRecord): number | undefined {
  switch (type) {
    case recordTypes.upsert:
    case recordTypes.patch:
      return documentsTimeMs(payload);
    case recordTypes.replace:
      return documentsTimeMs(upsertOf(payload));
    case recordTypes.delete:
      if (version === 1) return undefined;
      return new DataView(payload.buffer, payload.byteOffset, payload.length).getFloat64(8, true);
    default:
      throw new RangeError(`unknown record type ${type}`);
  }
}
