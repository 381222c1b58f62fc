import { fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type FieldDescriptorProto,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  type MethodDescriptorProto,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { descriptors } from "./generated/descriptors.ts";

const { file: files } = fromBinary(FileDescriptorSetSchema, Buffer.from(descriptors, "base64"));
const messages = new Map(
  files.flatMap((file) => file.messageType.map((message) => [`.${file.package}.${message.name}`, message])),
);
const methods = new Map<string, MethodDescriptorProto>(
  files.flatMap((file) =>
    file.service.flatMap((service) =>
      service.method.map((method) => [`${file.package}.${service.name}/${method.name}`, method] as const),
    ),
  ),
);

/** `name=number type`, of a message and what is within it in braces. */
function fieldText({ name, number, type, typeName, label, proto3Optional }: FieldDescriptorProto): string {
  const prefix = label === Label.REPEATED ? "repeated " : proto3Optional ? "optional " : "";
  return `${name}=${number} ${prefix}${type === Type.MESSAGE ? typeName.split(".").at(-1) : Type[type]!.toLowerCase()}`;
}
const fieldsOf = (message: DescriptorProto): readonly string[] => message.field.map(fieldText);

const collections = "akidb.collection.v1.CollectionService";
const management = "akidb.collection.v1.CollectionManagementService";
const embedding = "akidb.embedding.v1.EmbeddingService";

/** What clients of AkiDB 2.0 rely on, written out once more from the product's contract. */
it.each([
  [
    `${collections}/Query`,
    ["collection_id=1 string", "query_vector=2 repeated float", "top_k=3 optional uint32"],
    ["matches=1 repeated Match", "latency_ms=2 double"],
  ],
  [
    `${collections}/Insert`,
    ["collection_id=1 string", "doc_id=2 string", "external_id=3 optional string", "vector=4 repeated float"],
    ["doc_id=1 string", "latency_ms=2 double"],
  ],
  [`${collections}/Get`, ["collection_id=1 string", "doc_id=2 string"], ["document=1 optional Document"]],
  [`${collections}/Delete`, ["collection_id=1 string", "doc_id=2 string"], ["latency_ms=1 double"]],
  [
    `${collections}/Describe`,
    ["collection_id=1 string"],
    [
      "collection_id=1 string",
      "name=2 string",
      "dimension=3 uint32",
      "metric=4 string",
      "document_count=5 uint64",
    ],
  ],
  [
    `${management}/CreateCollection`,
    ["name=1 string", "dimension=2 uint32", "metric=3 string", "embedding_model=4 optional string"],
    ["collection_id=1 string", "name=2 string", "dimension=3 uint32", "metric=4 string"],
  ],
  [`${management}/ListCollections`, [], ["collections=1 repeated CollectionInfo"]],
  [`${management}/GetCollection`, ["collection_id=1 string"], ["collection=1 CollectionInfo"]],
  [`${management}/DeleteCollection`, ["collection_id=1 string"], ["success=1 bool"]],
  [
    `${embedding}/Embed`,
    [
      "texts=1 repeated string",
      "model=2 optional string",
      "pooling=3 optional string",
      "normalize=4 optional bool",
    ],
    ["embeddings=1 repeated Embedding", "model=2 string", "dimension=3 uint32", "usage=4 Usage"],
  ],
  [`${embedding}/GetModelInfo`, [], ["model=1 string", "dimension=2 uint32", "max_tokens=3 optional uint32"]],
])("%s has the fields of the contract", (path, request, response) => {
  const { inputType, outputType } = methods.get(path)!;
  expect(fieldsOf(messages.get(inputType)!)).toEqual(expect.arrayContaining(request));
  expect(fieldsOf(messages.get(outputType)!)).toEqual(expect.arrayContaining(response));
});

it.each([
  ["collection.v1.Match", ["doc_id=1 string", "external_id=2 optional string", "distance=3 float"]],
  [
    "collection.v1.Document",
    ["doc_id=1 string", "external_id=2 optional string", "vector=3 repeated float", "inserted_at=4 string"],
  ],
  [
    "collection.v1.CollectionInfo",
    [
      "collection_id=1 string",
      "name=2 string",
      "dimension=3 uint32",
      "metric=4 string",
      "document_count=5 uint64",
      "created_at=6 string",
    ],
  ],
  ["embedding.v1.Embedding", ["values=1 repeated float"]],
  ["embedding.v1.Usage", ["total_tokens=1 uint64", "duration_ms=2 double"]],
])("%s has the fields of the contract", (name, fields) => {
  expect(fieldsOf(messages.get(`.akidb.${name}`)!)).toEqual(expect.arrayContaining(fields));
});

it("streams where the contract has streams", () => {
  const streams = [...methods].filter(([, method]) => method.clientStreaming || method.serverStreaming);
  const text = streams.map(([path, { clientStreaming, serverStreaming }]) =>
    [path, clientStreaming && "in", serverStreaming && "out"].filter(Boolean).join(" "),
  );
  expect(text.sort()).toEqual([
    "akidb.admin.v1.AuditLogService/ExportAuditLog out",
    "akidb.admin.v1.SnapshotService/DownloadSnapshot out",
    `${collections}/IngestBatch in`,
    `${collections}/QueryBatch in out`,
  ]);
});
