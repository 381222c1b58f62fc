import { createRequire } from "node:module";
import { join } from "node:path";
import { dimension, type MnistRows } from "../mnistRows.ts";
import { type Engine, k } from "./engine.ts";
import { sqlConditions } from "./sqlConditions.ts";

/** What is used of it; its types are there only where it is installed. */
interface Zvec {
  readonly ZVecDataType: { readonly INT32: number; readonly DOUBLE: number; readonly VECTOR_FP32: number };
  readonly ZVecIndexType: { readonly HNSW: number; readonly INVERT: number };
  readonly ZVecMetricType: { readonly L2: number };
  readonly ZVecLogLevel: { readonly ERROR: number };
  readonly ZVecCollectionSchema: new (schema: object) => object;
  ZVecInitialize(options: object): void;
  ZVecCreateAndOpen(path: string, schema: object): ZvecCollection;
}

interface ZvecCollection {
  insertSync(documents: readonly object[]): unknown;
  optimizeSync(): void;
  querySync(query: object): readonly { readonly id: string }[];
  closeSync(): void;
}

const batch = 1_000;

/** HNSW with M 32 and ef 128, as AkiDB's defaults, and an index of every field. */
export async function makeZvec(directory: string): Promise<Engine> {
  const zvec = createRequire(import.meta.url)("@zvec/zvec") as Zvec;
  const { ZVecDataType, ZVecIndexType, ZVecMetricType } = zvec;
  zvec.ZVecInitialize({ queryThreads: 1, logLevel: zvec.ZVecLogLevel.ERROR });
  const indexed = { indexParams: { indexType: ZVecIndexType.INVERT, enableRangeOptimization: true } };
  const graph = { indexType: ZVecIndexType.HNSW, metricType: ZVecMetricType.L2, m: 32, efConstruction: 200 };
  const schema = new zvec.ZVecCollectionSchema({
    name: "mnist",
    vectors: { name: "vector", dataType: ZVecDataType.VECTOR_FP32, dimension, indexParams: graph },
    fields: [
      { name: "label", dataType: ZVecDataType.INT32, ...indexed },
      ...["number", "lat", "lon"].map((name) => ({ name, dataType: ZVecDataType.DOUBLE, ...indexed })),
    ],
  });
  const collection = zvec.ZVecCreateAndOpen(join(directory, "mnist"), schema);
  return {
    name: "zvec",
    load: async ({ vectors, fields }: MnistRows) => {
      for (let from = 0; from < vectors.length; from += batch) {
        const documents = vectors.slice(from, from + batch).map((vector, n) => ({
          id: String(from + n),
          vectors: { vector },
          fields: { ...fields[from + n]! },
        }));
        collection.insertSync(documents);
      }
      collection.optimizeSync();
    },
    search: async (vector, conditions) => {
      const found = collection.querySync({
        fieldName: "vector",
        vector,
        topk: k,
        outputFields: [],
        params: { indexType: ZVecIndexType.HNSW, ef: 128 },
        ...(conditions !== undefined && { filter: sqlConditions(conditions, "!=") }),
      });
      return found.map(({ id }) => Number(id));
    },
    close: async () => collection.closeSync(),
  };
}
