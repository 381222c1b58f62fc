import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { isLittleEndian } from "../wireVector.ts";
import {
  IngestBatchRequest,
  InsertRequest,
  UpsertRequest,
} from "./generated/akidb/collection/v1/collection.ts";
import { DocumentInput } from "./generated/akidb/collection/v1/document.ts";
import { QueryRequest } from "./generated/akidb/collection/v1/query.ts";

/**
 * Requests with vectors, read as the generated code reads them, but that a vector is copied in one piece: number by number, into an
 * array that grows, one of 512 components takes longer than all else of a query. It is a Float32Array then, where its type says an
 * array of numbers.
 *
 * Whatever writes protobuf writes fields by their numbers, and floats packed: so a vector comes in one piece, behind texts alone.
 * That piece is taken out, and the generated code reads what is left. It reads all of a message where anything is otherwise.
 */
type Decode<Message> = (bytes: Uint8Array) => Message;

interface MessageCodec<Message> {
  readonly decode: (reader: BinaryReader) => Message;
}

const componentBytes = Float32Array.BYTES_PER_ELEMENT;

/** By the messages' own codecs. */
export const vectorRequests: ReadonlyMap<object, Decode<unknown>> = isLittleEndian
  ? new Map<object, Decode<unknown>>([
      [QueryRequest, orPlainly(QueryRequest, readQuery)],
      [InsertRequest, orPlainly(InsertRequest, (bytes) => readDocument(InsertRequest, 4, bytes))],
      [UpsertRequest, orPlainly(UpsertRequest, (bytes) => readBatch(UpsertRequest, bytes))],
      [IngestBatchRequest, orPlainly(IngestBatchRequest, (bytes) => readBatch(IngestBatchRequest, bytes))],
    ])
  : new Map();

function orPlainly<Message>(
  codec: MessageCodec<Message>,
  read: (bytes: Uint8Array) => Message | undefined,
): Decode<Message> {
  return (bytes) => tried(read, bytes) ?? codec.decode(new BinaryReader(bytes));
}

/** What is wrong with a message is said by whoever reads all of it. */
function tried<Message>(
  read: (bytes: Uint8Array) => Message | undefined,
  bytes: Uint8Array,
): Message | undefined {
  try {
    return read(bytes);
  } catch {
    return undefined;
  }
}

function readQuery(bytes: Uint8Array): QueryRequest | undefined {
  const piece = findVector(bytes, 2);
  const query = piece && readWhole(QueryRequest, without(bytes, piece));
  if (query === undefined || query.queryVector.length > 0) return undefined;
  query.queryVector = componentsOf(bytes, piece!);
  return query;
}

function readDocument<Message extends DocumentInput | InsertRequest>(
  codec: MessageCodec<Message>,
  vectorField: number,
  bytes: Uint8Array,
): Message | undefined {
  const piece = findVector(bytes, vectorField);
  const document = piece && readWhole(codec, without(bytes, piece));
  if (document === undefined || document.vector.length > 0) return undefined;
  document.vector = componentsOf(bytes, piece!);
  return document;
}

const documentsTag = (2 << 3) | WireType.LengthDelimited;

function readBatch<Message extends UpsertRequest | IngestBatchRequest>(
  codec: MessageCodec<Message>,
  bytes: Uint8Array,
): Message | undefined {
  const documents: DocumentInput[] = [];
  const first = fieldAfterTexts(bytes, 2);
  let end = first?.tagAt ?? 0;
  for (let field = first; field?.tag === documentsTag; field = fieldAt(bytes, end)) {
    const own = bytes.subarray(field.from, field.end);
    const document = readDocument(DocumentInput, 3, own) ?? readWhole(DocumentInput, own);
    if (document === undefined) return undefined;
    documents.push(document);
    end = field.end;
  }
  if (first === undefined || documents.length === 0) return undefined;
  const batch = readWhole(codec, without(bytes, { tagAt: first.tagAt, end }));
  if (batch === undefined || batch.documents.length > 0) return undefined;
  batch.documents = documents;
  return batch;
}

/** Undefined where it ends before its bytes do, and so would go on in those of the message around it. */
function readWhole<Message>(codec: MessageCodec<Message>, bytes: Uint8Array): Message | undefined {
  const reader = new BinaryReader(bytes);
  const message = codec.decode(reader);
  return reader.pos === reader.len ? message : undefined;
}

/** One that says its length; its content is what is between `from` and `end`. */
interface Field {
  readonly tag: number;
  readonly tagAt: number;
  readonly from: number;
  readonly end: number;
}

/** Undefined where there is none of one byte of tag and a length within the message. */
function fieldAt(bytes: Uint8Array, tagAt: number): Field | undefined {
  const tag = bytes[tagAt];
  if (tag === undefined || tag >= 0x80 || (tag & 7) !== WireType.LengthDelimited || tag < 8) return undefined;
  let length = 0;
  let at = tagAt + 1;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 21) return undefined;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const end = at + length;
  return end <= bytes.length ? { tag, tagAt, from: at, end } : undefined;
}

/** The first of this number, where all before it are of smaller ones: those are texts in every message here. */
function fieldAfterTexts(bytes: Uint8Array, number: number): Field | undefined {
  let field = fieldAt(bytes, 0);
  while (field !== undefined && field.tag >>> 3 < number) field = fieldAt(bytes, field.end);
  return field !== undefined && field.tag >>> 3 === number ? field : undefined;
}

function findVector(bytes: Uint8Array, number: number): Field | undefined {
  const field = fieldAfterTexts(bytes, number);
  return field !== undefined && (field.end - field.from) % componentBytes === 0 ? field : undefined;
}

function without(bytes: Uint8Array, { tagAt, end }: Pick<Field, "tagAt" | "end">): Uint8Array {
  if (tagAt === 0) return bytes.subarray(end);
  const rest = new Uint8Array(tagAt + bytes.length - end);
  rest.set(bytes.subarray(0, tagAt));
  rest.set(bytes.subarray(end), tagAt);
  return rest;
}

/** In memory of their own: beside them in the message's is what others sent. */
function componentsOf({ buffer, byteOffset }: Uint8Array, { from, end }: Field): number[] {
  const components = new Float32Array(buffer.slice(byteOffset + from, byteOffset + end));
  return components as unknown as number[];
}
