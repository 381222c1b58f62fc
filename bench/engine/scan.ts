// What the kernels do without a graph: rows of the unlinked tail scored per second, from the cache and from main memory.
import { embeddingLike, rowOf } from "./dataset.ts";
import { segmentOf } from "./segments.ts";

const cachedRows = 256;
const memoryRows = 100_000;

console.log("| codes | dimension | million rows/s, cached | from memory |\n|---|--:|--:|--:|");
for (const dimension of [128, 512, 768]) {
  const small = embeddingLike(dimension, cachedRows, 10);
  const large = embeddingLike(dimension, memoryRows, 10);
  for (const quantization of ["int8", "binary", "none"] as const) {
    const rates = [small, large].map((data) => {
      const segment = segmentOf(data, quantization);
      const query = rowOf(data.queries, dimension, 0);
      const search = () => segment.search(query, { k: 1, ef: 1 });
      const rows = segment.rowCount;
      const repeats = Math.ceil(4_000_000 / rows);
      for (let i = 0; i < repeats / 4; i++) search();
      const from = performance.now();
      for (let i = 0; i < repeats; i++) search();
      return (rows * repeats) / (performance.now() - from) / 1_000;
    });
    console.log(`| ${quantization} | ${dimension} | ${rates.map((rate) => rate.toFixed(0)).join(" | ")} |`);
  }
}
