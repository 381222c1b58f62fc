import { assert, idFromBytes, idToBytes } from "@akidb/base";
import type { UnsealedRecord } from "../wal/openSegment.ts";
import { allocateRecord, recordTypes, type WalRecord } from "../wal/recordFormat.ts";
import { decodeDocuments, documentsTimeMs, encodeDocuments } from "./documentsPayload.ts";
import type { DeleteMutation, Mutation } from "./mutation.ts";

// A delete's payload: id count (u32), zero (u32), time (f64 ms; none in version 1), ids (16 bytes each).
const deleteHeadBytes = { 1: 8, later: 16 } as const;
const idBytes = 16;

export function encodeMutation(mutation: Mutation): UnsealedRecord {
  switch (mutation.kind) {
    case "upsert":
      return encodeDocuments(recordTypes.upsert, mutation);
    case "patch": {
      const { documents, metadataBefore } = mutation;
      return encodeDocuments(recordTypes.patch, { documents, vectors: new Float32Array(), metadataBefore });
    }
    case "delete":
      return encodeDelete(mutation);
  }
}

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
  const count = view.getUint32(0, true);
  const idsAt = version === 1 ? deleteHeadBytes[1] : deleteHeadBytes.later;
  const ids = Array.from({ length: count }, (_, index) => {
    const at = idsAt + index * idBytes;
    return idFromBytes<"document">(payload.subarray(at, at + idBytes));
  });
  return { kind: "delete", ids, deletedAtMs: version === 1 ? undefined : view.getFloat64(8, true) };
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
    case recordTypes.delete:
      if (version === 1) return undefined;
      return new DataView(payload.buffer, payload.byteOffset, payload.length).getFloat64(8, true);
    default:
      throw new RangeError(`unknown record type ${type}`);
  }
}
