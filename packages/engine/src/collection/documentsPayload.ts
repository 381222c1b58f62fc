import { assert, idFromBytes, idToBytes, limits } from "@akidb/base";
import type { UnsealedRecord } from "../wal/openSegment.ts";
import { allocateRecord, type RecordType, recordTypes } from "../wal/recordFormat.ts";
import type { ResolvedDocument } from "./mutation.ts";

// The payload of records with documents: a head, the vectors, one row per document, then their strings in UTF-8.
//   head: document count (u32), dimension (u32; 0 in a patch)
//   row:  id (16 bytes), inserted (f64 ms), updated (f64 ms), version (u32), bytes of external id, text, metadata (u32),
//         from version 3 on expiry (f64 ms; infinite: never),
//         in a patch bytes of the metadata before (u32), zero (u32)
const headBytes = 8;
const updatedAtOffset = 24;
const expiresAtOffset = 48;
const beforeOffset = 56;
const idBytes = 16;
const absent = 0xffff_ffff;

const utf8 = new TextDecoder("utf-8", { fatal: true });

export interface LoggedDocuments {
  readonly documents: readonly ResolvedDocument[];
  /** As long as the documents' dimension wants; empty in a patch. */
  readonly vectors: Float32Array;
  /** Of a patch alone. */
  readonly metadataBefore?: readonly (string | undefined)[];
}

function rowBytesOf(type: RecordType, version: number): number {
  if (version < 3) return expiresAtOffset;
  return type === recordTypes.patch ? beforeOffset + 8 : beforeOffset;
}

const currentVersion = 3;

/** Bytes that an upsert adds to the log, before it is resolved. */
export function upsertPayloadBytes(documentCount: number, dimension: number, stringBytes: number): number {
  const rowBytes = rowBytesOf(recordTypes.upsert, currentVersion);
  return headBytes + documentCount * (dimension * Float32Array.BYTES_PER_ELEMENT + rowBytes) + stringBytes;
}

const lengthOf = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text));

export function encodeDocuments(type: RecordType, logged: LoggedDocuments): UnsealedRecord {
  const { documents, vectors, metadataBefore } = logged;
  const dimension = vectors.length / documents.length;
  const rowBytes = rowBytesOf(type, currentVersion);
  const stringsOf = ({ externalId, text, metadata }: ResolvedDocument, index: number) => {
    const strings = [externalId, text, metadata];
    return metadataBefore === undefined ? strings : [...strings, metadataBefore[index]];
  };
  const stringBytes = documents.flatMap(stringsOf).reduce((sum, text) => sum + lengthOf(text), 0);
  const payloadBytes = headBytes + vectors.byteLength + documents.length * rowBytes + stringBytes;
  assert(payloadBytes <= limits.walRecordBytesMax, "a batch fits one WAL record");

  const { record, payload } = allocateRecord(payloadBytes);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  view.setUint32(0, documents.length, true);
  view.setUint32(4, dimension, true);
  new Float32Array(payload.buffer, payload.byteOffset + headBytes, vectors.length).set(vectors);

  const strings = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  let rowAt = headBytes + vectors.byteLength;
  let stringAt = rowAt + documents.length * rowBytes;
  for (const [index, document] of documents.entries()) {
    payload.set(idToBytes(document.id), rowAt);
    view.setFloat64(rowAt + 16, document.insertedAtMs, true);
    view.setFloat64(rowAt + updatedAtOffset, document.updatedAtMs, true);
    view.setUint32(rowAt + 32, document.version, true);
    view.setFloat64(rowAt + expiresAtOffset, document.expiresAtMs ?? Number.POSITIVE_INFINITY, true);
    for (const [position, text] of stringsOf(document, index).entries()) {
      const length = text === undefined ? absent : strings.write(text, stringAt);
      view.setUint32(rowAt + (position < 3 ? 36 + 4 * position : beforeOffset), length, true);
      if (length !== absent) stringAt += length;
    }
    rowAt += rowBytes;
  }
  assert(stringAt === payloadBytes, "a record is filled to its end");
  return { type, record, payloadBytes };
}

/** @throws RangeError or TypeError where the payload does not have the layout of its type and version */
export function decodeDocuments(
  type: RecordType,
  payload: Uint8Array,
  version: number,
): Required<LoggedDocuments> {
  const rowBytes = rowBytesOf(type, version);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const documentCount = view.getUint32(0, true);
  const dimension = view.getUint32(4, true);
  const vectors = new Float32Array(payload.buffer, payload.byteOffset + headBytes, documentCount * dimension);
  const documents: ResolvedDocument[] = [];
  const metadataBefore: (string | undefined)[] = [];
  let rowAt = headBytes + vectors.byteLength;
  let stringAt = rowAt + documentCount * rowBytes;
  const readString = (lengthAt: number): string | undefined => {
    const length = view.getUint32(lengthAt, true);
    if (length === absent) return undefined;
    if (stringAt + length > payload.length) throw new RangeError("a string reaches past its record");
    stringAt += length;
    return utf8.decode(payload.subarray(stringAt - length, stringAt));
  };
  for (let index = 0; index < documentCount; index++) {
    const expiresAtMs =
      version < 3 ? Number.POSITIVE_INFINITY : view.getFloat64(rowAt + expiresAtOffset, true);
    documents.push({
      id: idFromBytes(payload.subarray(rowAt, rowAt + idBytes)),
      insertedAtMs: view.getFloat64(rowAt + 16, true),
      updatedAtMs: view.getFloat64(rowAt + updatedAtOffset, true),
      version: view.getUint32(rowAt + 32, true),
      externalId: readString(rowAt + 36),
      text: readString(rowAt + 40),
      metadata: readString(rowAt + 44),
      expiresAtMs: Number.isFinite(expiresAtMs) ? expiresAtMs : undefined,
    });
    if (type === recordTypes.patch) metadataBefore.push(readString(rowAt + beforeOffset));
    rowAt += rowBytes;
  }
  return { documents, vectors, metadataBefore };
}

/** When the writer decided the record; the same place in every version. */
export function documentsTimeMs(payload: Uint8Array): number {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const vectorBytes = view.getUint32(0, true) * view.getUint32(4, true) * Float32Array.BYTES_PER_ELEMENT;
  return view.getFloat64(headBytes + vectorBytes + updatedAtOffset, true);
}
