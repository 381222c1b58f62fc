import { noDeadline } from "@akidb/base";
import { afterAll, expect, it } from "vitest";
import { Builders } from "../builders/builders.ts";
import { FlatIndex } from "./flatIndex.ts";
import { GraphIndex } from "./graphIndex.ts";
import { GrowingIndex } from "./growingIndex.ts";
import { checkVectorIndex } from "./vectorIndex.contract.ts";

const builders = new Builders({ threadCount: 2 });
afterAll(() => builders.close());

const ownComponentsMax = Number.POSITIVE_INFINITY;
const graph = { builders, linksMax: 16, efConstruction: 100, efSearch: 100, ownComponentsMax } as const;

checkVectorIndex("FlatIndex", {
  make: (dimension, metric) => new FlatIndex(dimension, metric),
  load: (dimension, metric, image) => FlatIndex.load(dimension, metric, image),
  recallAt10Min: 1,
});
for (const quantization of ["int8", "none", "binary"] as const) {
  checkVectorIndex(`GraphIndex of ${quantization}`, {
    make: (dimension, metric) => new GraphIndex({ ...graph, quantization, dimension, metric }),
    load: (dimension, metric, image) => GraphIndex.load({ ...graph, quantization, dimension, metric }, image),
    // One bit a component says little about 32 of them.
    recallAt10Min: quantization === "binary" ? 0.5 : 0.95,
  });
}
const manySegments = { ...graph, quantization: "int8", segmentRowsMax: 700 } as const;
checkVectorIndex("GraphIndex of many segments", {
  make: (dimension, metric) => new GraphIndex({ ...manySegments, dimension, metric }),
  load: (dimension, metric, image) => GraphIndex.load({ ...manySegments, dimension, metric }, image),
  recallAt10Min: 0.95,
});
const scannedByBuilders = { ...manySegments, ownComponentsMax: 0 } as const;
checkVectorIndex("GraphIndex scanned by builders", {
  make: (dimension, metric) => new GraphIndex({ ...scannedByBuilders, dimension, metric }),
  load: (dimension, metric, image) => GraphIndex.load({ ...scannedByBuilders, dimension, metric }, image),
  recallAt10Min: 0.95,
});
const growing = { ...graph, quantization: "int8", threshold: 1_000 } as const;
checkVectorIndex("GrowingIndex", {
  make: (dimension, metric) => new GrowingIndex({ ...growing, dimension, metric }),
  load: (dimension, metric, image) => GrowingIndex.load({ ...growing, dimension, metric }, image),
  recallAt10Min: 0.95,
});

it("what was removed before an index becomes a graph stays so, published or not", async () => {
  const index = new GrowingIndex({ ...growing, threshold: 3, dimension: 2, metric: "l2" });
  for (const x of [0, 1, 2]) index.add(Float32Array.of(x, 1));
  index.publish();
  index.remove(1);
  index.reserve(1);
  expect(index.stats().segments).toBe(1);
  index.add(Float32Array.of(1, 1));
  index.publish();
  const found = await index.search(Float32Array.of(1, 1), { k: 4 }, noDeadline());
  expect([...found.rows].sort()).toEqual([0, 2, 3]);
  expect(index.isDead(1)).toBe(true);
  await index.close();
});
