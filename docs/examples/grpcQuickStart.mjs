// node grpcQuickStart.mjs [HOST:PORT] [FOLDER OF THE .proto FILES]
import { promisify } from "node:util";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [address = "127.0.0.1:9090", protos = "packages/protocol/proto"] = process.argv.slice(2);
const files = ["collection", "collection_management"].map((name) => `akidb/collection/v1/${name}.proto`);
const { akidb } = grpc.loadPackageDefinition(loadSync(files, { includeDirs: [protos], longs: Number }));

const plain = grpc.credentials.createInsecure();
const key = new grpc.Metadata();
if (process.env.AKIDB_API_KEY) key.set("authorization", `Bearer ${process.env.AKIDB_API_KEY}`);

/** A function for each method, which gives a promise. */
const client = (Service) => {
  const stub = new Service(address, plain);
  const call = (method) => (request) => promisify(stub[method]).call(stub, request, key);
  return new Proxy({}, { get: (_, method) => call(method) });
};
const management = client(akidb.collection.v1.CollectionManagementService);
const collections = client(akidb.collection.v1.CollectionService);

/** google.protobuf.Struct, as this loader wants it. */
const struct = (object) => ({
  fields: Object.fromEntries(Object.entries(object).map(([name, value]) => [name, toValue(value)])),
});
const toValue = (value) => {
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (value === null) return { nullValue: 0 };
  return Array.isArray(value)
    ? { listValue: { values: value.map(toValue) } }
    : { structValue: struct(value) };
};

const { collectionId } = await management.CreateCollection({ name: "books-over-grpc" });
for (const [title, year] of [
  ["Introduction to Algorithms", 1990],
  ["The Art of Computer Programming", 1968],
]) {
  await collections.Insert({ collectionId, text: title, metadata: struct({ year }) });
}
const { matches } = await collections.Query({
  collectionId,
  text: "algorithms, an introduction",
  filter: struct({ year: { $gte: 1980 } }),
  include: { text: true },
});
for (const { text, score } of matches) console.log(score.toFixed(3), text);
try {
  await collections.Query({ collectionId: "nothing", text: "?" });
} catch ({ code, details }) {
  console.log(code === grpc.status.NOT_FOUND, details);
}
await management.DeleteCollection({ collectionId });
