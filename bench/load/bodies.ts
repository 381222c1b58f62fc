import { writeFileSync } from "node:fs";
import { queryToWire, vectorToWire } from "@akidb/protocol";
import { IngestBatchRequest, InsertRequest, QueryRequest } from "@akidb/protocol/grpc";

/** A file of requests' bodies, and where they go. */
export interface Bodies {
  readonly protocol: "http1" | "grpc";
  readonly path: string;
  readonly file: string;
}

export const encodings = ["JSON numbers", "JSON base64", "gRPC"] as const;
export type Encoding = (typeof encodings)[number];

type Vectors = readonly Float32Array[];

/** As a client writes them: the shortest numbers that are these floats. */
const numbersOf = (vector: Float32Array): number[] => Array.from(vector, (x) => Number(x.toPrecision(8)));

const wireVector = (encoding: Encoding, vector: Float32Array) =>
  encoding === "JSON base64" ? vectorToWire(vector) : numbersOf(vector);

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** Not compressed, and its length before it. */
function grpcMessage(bytes: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(5 + bytes.length);
  framed.writeUInt32BE(bytes.length, 1);
  framed.set(bytes, 5);
  return framed;
}

/** What writes protobuf needs no more of an array than its length and its order. */
const components = (vector: Float32Array): number[] => vector as unknown as number[];

function write(file: string, bodies: readonly Uint8Array[]): void {
  const parts = bodies.flatMap((body) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    return [length, body];
  });
  writeFileSync(file, Buffer.concat(parts));
}

export interface BodiesOptions {
  readonly encoding: Encoding;
  readonly collection: string;
  readonly file: string;
}

const queryMethod = "/akidb.collection.v1.CollectionService/Query";

/** For a client that frames messages itself. */
export const grpcQuery = (collectionId: string, query: Float32Array, ef: number) => ({
  path: queryMethod,
  message: Buffer.from(
    QueryRequest.encode({ collectionId, queryVector: components(query), topK: 10, ef }).finish(),
  ),
});

export function queryBodies(
  queries: Vectors,
  ef: number,
  { encoding, collection, file }: BodiesOptions,
): Bodies {
  if (encoding === "gRPC") {
    write(
      file,
      queries.map((query) => grpcMessage(grpcQuery(collection, query, ef).message)),
    );
    return { protocol: "grpc", path: queryMethod, file };
  }
  const bodies = queries.map((query) =>
    json({ ...queryToWire({ topK: 10, ef }), vector: wireVector(encoding, query) }),
  );
  write(file, bodies);
  return { protocol: "http1", path: `/api/v1/collections/${collection}/query`, file };
}

/** @param batch 1 for requests that write a single document */
export function upsertBodies(
  vectors: Vectors,
  batch: number,
  { encoding, collection, file }: BodiesOptions,
): Bodies {
  const batches = Array.from({ length: vectors.length / batch }, (_, at) =>
    vectors.slice(at * batch, (at + 1) * batch),
  );
  if (encoding === "gRPC") {
    write(
      file,
      batches.map((documents) => grpcMessage(ingestOrInsert(collection, documents))),
    );
    const method = batch === 1 ? "Insert" : "IngestBatch";
    return { protocol: "grpc", path: `/akidb.collection.v1.CollectionService/${method}`, file };
  }
  const wire = batches.map((documents) =>
    documents.map((vector) => ({ vector: wireVector(encoding, vector) })),
  );
  write(
    file,
    wire.map((documents) => json(batch === 1 ? documents[0] : { documents })),
  );
  const route = batch === 1 ? "insert" : "documents";
  return { protocol: "http1", path: `/api/v1/collections/${collection}/${route}`, file };
}

const ingestOrInsert = (collectionId: string, vectors: Vectors) =>
  vectors.length === 1
    ? InsertRequest.encode({ collectionId, docId: "", vector: components(vectors[0]!) }).finish()
    : IngestBatchRequest.encode({
        collectionId,
        documents: vectors.map((vector) => ({ docId: "", vector: components(vector) })),
      }).finish();
