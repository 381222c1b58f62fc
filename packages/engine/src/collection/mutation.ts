import { assert, type DocumentId, idFromBytes, idToBytes, limits } from "@akidb/base";
import type { UnsealedRecord } from "../wal/openSegment.ts";
import { allocateRecord, recordTypes, type WalRecord } from "../wal/recordFormat.ts";

/**
 * A change of a collection with nothing left to decide: identifiers, times and versions are plain data. The same
 * value is applied right after it was logged and again at every replay.
 */
export type Mutation = UpsertMutation | DeleteMutation;

export interface UpsertMutation {
  readonly kind: "upsert";
  readonly documents: readonly ResolvedDocument[];
  /** `documents.length × dimension`, row-major. */
  readonly vectors: Float32Array;
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
}

// An upsert's payload: a head, the vectors, one row per document, then their strings in UTF-8.
//   head: document count (u32), dimension (u32)
//   row:  id (16 bytes), inserted (f64 ms), updated (f64 ms), version (u32), bytes of external id, text, metadata (u32)
// A delete's payload: id count (u32), zero (u32), time (f64 ms; none in version 1), ids (16 bytes each).
const headBytes = 8;
const deleteHeadBytes = 16;
const updatedAtOffset = 24;
const idBytes = 16;
const rowBytes = 48;
const absent = 0xffff_ffff;

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function encodeMutation(mutation: Mutation): UnsealedRecord {
  return mutation.kind === "upsert" ? encodeUpsert(mutation) : encodeDelete(mutation);
}

/** Bytes that an upsert adds to the log, before it is resolved. */
export function upsertPayloadBytes(documentCount: number, dimension: number, stringBytes: number): number {
  return headBytes + documentCount * (dimension * Float32Array.BYTES_PER_ELEMENT + rowBytes) + stringBytes;
}

const stringsOf = (document: ResolvedDocument) => [document.externalId, document.text, document.metadata];

function encodeUpsert({ documents, vectors }: UpsertMutation): UnsealedRecord {
  const dimension = vectors.length / documents.length;
  const lengths = documents
    .flatMap(stringsOf)
    .map((text) => (text === undefined ? 0 : Buffer.byteLength(text)));
  const stringBytes = lengths.reduce((sum, length) => sum + length, 0);
  const payloadBytes = upsertPayloadBytes(documents.length, dimension, stringBytes);
  assert(payloadBytes <= limits.walRecordBytesMax, "a batch fits one WAL record");

  const { record, payload } = allocateRecord(payloadBytes);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  view.setUint32(0, documents.length, true);
  view.setUint32(4, dimension, true);
  new Float32Array(payload.buffer, payload.byteOffset + headBytes, vectors.length).set(vectors);

  const strings = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  let rowAt = headBytes + vectors.byteLength;
  let stringAt = rowAt + documents.length * rowBytes;
  for (const document of documents) {
    payload.set(idToBytes(document.id), rowAt);
    view.setFloat64(rowAt + 16, document.insertedAtMs, true);
    view.setFloat64(rowAt + 24, document.updatedAtMs, true);
    view.setUint32(rowAt + 32, document.version, true);
    for (const [index, text] of stringsOf(document).entries()) {
      const length = text === undefined ? absent : strings.write(text, stringAt);
      view.setUint32(rowAt + 36 + 4 * index, length, true);
      if (length !== absent) stringAt += length;
    }
    rowAt += rowBytes;
  }
  assert(stringAt === payloadBytes, "a record is filled to its end");
  return { type: recordTypes.upsert, record, payloadBytes };
}

function encodeDelete({ ids, deletedAtMs }: DeleteMutation): UnsealedRecord {
  assert(deletedAtMs !== undefined, "a delete that is logged has its time");
  const payloadBytes = deleteHeadBytes + ids.length * idBytes;
  const { record, payload } = allocateRecord(payloadBytes);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  view.setUint32(0, ids.length, true);
  view.setFloat64(8, deletedAtMs, true);
  for (const [index, id] of ids.entries()) payload.set(idToBytes(id), deleteHeadBytes + index * idBytes);
  return { type: recordTypes.delete, record, payloadBytes };
}

/**
 * Vectors are a view of the record's payload; strings and identifiers are copies.
 *
 * @throws RangeError or TypeError where a payload whose checksum holds does not have the layout of its type
 */
export function decodeMutation({ version, type, payload }: WalRecord): Mutation {
  switch (type) {
    case recordTypes.upsert:
      return decodeUpsert(payload);
    case recordTypes.delete:
      return decodeDelete(payload, version);
    default:
      throw new RangeError(`unknown record type ${type}`);
  }
}

function decodeUpsert(payload: Uint8Array): UpsertMutation {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const documentCount = view.getUint32(0, true);
  const dimension = view.getUint32(4, true);
  const vectors = new Float32Array(payload.buffer, payload.byteOffset + headBytes, documentCount * dimension);
  const documents: ResolvedDocument[] = [];
  let rowAt = headBytes + vectors.byteLength;
  let stringAt = rowAt + documentCount * rowBytes;
  const readString = (length: number): string | undefined => {
    if (length === absent) return undefined;
    if (stringAt + length > payload.length) throw new RangeError("a string reaches past its record");
    stringAt += length;
    return utf8.decode(payload.subarray(stringAt - length, stringAt));
  };
  for (let index = 0; index < documentCount; index++) {
    const version = view.getUint32(rowAt + 32, true);
    documents.push({
      id: idFromBytes(payload.subarray(rowAt, rowAt + idBytes)),
      insertedAtMs: view.getFloat64(rowAt + 16, true),
      updatedAtMs: view.getFloat64(rowAt + 24, true),
      version,
      externalId: readString(view.getUint32(rowAt + 36, true)),
      text: readString(view.getUint32(rowAt + 40, true)),
      metadata: readString(view.getUint32(rowAt + 44, true)),
    });
    rowAt += rowBytes;
  }
  return { kind: "upsert", documents, vectors };
}

function decodeDelete(payload: Uint8Array, version: number): DeleteMutation {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const count = view.getUint32(0, true);
  const idsAt = version === 1 ? headBytes : deleteHeadBytes;
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
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  switch (type) {
    case recordTypes.upsert: {
      const vectorBytes = view.getUint32(0, true) * view.getUint32(4, true) * Float32Array.BYTES_PER_ELEMENT;
      return view.getFloat64(headBytes + vectorBytes + updatedAtOffset, true);
    }
    case recordTypes.delete:
      return version === 1 ? undefined : view.getFloat64(8, true);
    default:
      throw new RangeError(`unknown record type ${type}`);
  }
}
