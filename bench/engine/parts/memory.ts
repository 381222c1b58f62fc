// Bytes that a row takes, by kind.
import type { Quantization, SegmentStats } from "@akidb/kernel";
import { loadDataset } from "../dataset.ts";
import { linkedSegment } from "../linkedSegment.ts";
import type { Run } from "../run.ts";

export interface MemoryUse {
  readonly dimension: number;
  readonly linksMax: number;
  readonly quantization: Quantization;
  /** A row. */
  readonly bytes: SegmentStats["bytes"];
}

const linksMax = 16;

export async function* measureMemory(run: Run): AsyncGenerator<[string, MemoryUse]> {
  const data = loadDataset({ source: "512", rowsMax: run.rowsMax, mnistFolder: run.mnistFolder })!;
  const { dimension } = data;
  for (const quantization of ["int8", "binary", "none"] as const) {
    const segment = await linkedSegment(data, quantization, linksMax);
    const { bytes, rows } = segment.stats();
    segment.close();
    yield [
      `${dimension}-d ${quantization}`,
      {
        ...{ dimension, linksMax, quantization },
        bytes: {
          codes: bytes.codes / rows,
          links: bytes.links / rows,
          vectors: bytes.vectors / rows,
          bookkeeping: bytes.bookkeeping / rows,
        },
      },
    ];
  }
}
