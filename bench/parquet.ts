/**
 * How fast documents are written as Parquet and read back, in one thread, and how large the file is. Vectors are of full
 * entropy (uniform floats) or bytes stored as floats; of those the file's size stands beside the entropy of their
 * components (Shannon, of the values' frequencies). The file is in memory's page cache; nothing is synced. Rounds
 * alternate, and medians are printed, with the largest resident memory of the process beyond the documents themselves.
 * `--json` prints the figures for machines.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SeededRandom } from "@akidb/base";
import {
  type Compression,
  compressions,
  type DocumentColumns,
  DocumentFileWriter,
  openDocumentFile,
} from "@akidb/parquet";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    rows: { type: "string", default: "10000,100000" },
    dimension: { type: "string", default: "512" },
    directory: { type: "string", default: tmpdir() },
  },
});
const rounds = Number(flags.rounds);
const dimension = Number(flags.dimension);
const batchRows = 1_000;

type Kind = "floats" | "bytes";

function makeDocuments(kind: Kind, rowCount: number): DocumentColumns {
  const random = new SeededRandom(1);
  const vectors = new Float32Array(rowCount * dimension);
  for (let i = 0; i < vectors.length; i++) {
    // Bytes as a quantised embedding has them: normal, about 7 bits of entropy.
    vectors[i] =
      kind === "floats"
        ? random.nextFloat() - 0.5
        : Math.max(-128, Math.min(127, Math.round(random.nextGaussian() * 30))) || 0;
  }
  const rows = Array.from({ length: rowCount }, (_, row) => row);
  return {
    rowCount,
    ids: random.fill(new Uint8Array(16 * rowCount)),
    externalIds: rows.map((row) => `document-${row}`),
    vectors,
    texts: rows.map(() => null),
    metadata: rows.map((row) => `{"page":${row % 97},"source":"manual-${row % 13}"}`),
    insertedAtMs: Float64Array.from(rows, (row) => 1.77e12 + row),
    updatedAtMs: Float64Array.from(rows, (row) => 1.77e12 + row),
    versions: new Float64Array(rowCount).fill(1),
    expiresAtMs: new Float64Array(rowCount).fill(Number.NaN),
  };
}

const slice = (columns: DocumentColumns, start: number, end: number): DocumentColumns => ({
  rowCount: end - start,
  ids: columns.ids.subarray(start * 16, end * 16),
  externalIds: columns.externalIds.slice(start, end),
  vectors: columns.vectors.subarray(start * dimension, end * dimension),
  texts: columns.texts.slice(start, end),
  metadata: columns.metadata.slice(start, end),
  insertedAtMs: columns.insertedAtMs.subarray(start, end),
  updatedAtMs: columns.updatedAtMs.subarray(start, end),
  versions: columns.versions.subarray(start, end),
  expiresAtMs: columns.expiresAtMs.subarray(start, end),
});

async function write(
  file: FileHandle,
  documents: DocumentColumns,
  compression: Compression,
): Promise<number> {
  const sink = {
    append: async (bytes: Uint8Array) => {
      await file.write(bytes);
    },
  };
  const writer = new DocumentFileWriter({ sink, dimension, compression });
  for (let row = 0; row < documents.rowCount; row += batchRows) {
    await writer.append(slice(documents, row, Math.min(documents.rowCount, row + batchRows)));
  }
  return (await writer.finish()).byteLength;
}

async function read(file: FileHandle): Promise<void> {
  const { size: byteLength } = await file.stat();
  const source = {
    byteLength,
    read: async (offset: number, length: number) => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    },
  };
  const opened = await openDocumentFile({ source, name: "bench.parquet" });
  let rows = 0;
  for await (const batch of opened.batches()) rows += batch.rowCount;
  if (rows !== opened.rowCount) throw new Error(`read ${rows} of ${opened.rowCount} rows`);
}

/** Of independent components, in bits each. */
function entropyBits(vectors: Float32Array): number {
  const counts = new Map<number, number>();
  for (const value of vectors) counts.set(value, (counts.get(value) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / vectors.length) * Math.log2(count / vectors.length);
  return bits;
}

interface Timed {
  readonly ms: number;
  readonly peakBytes: number;
}

/** Resident memory is looked at every 5 ms, which the work lets happen between pages. */
async function timed(work: () => Promise<unknown>): Promise<Timed> {
  const before = process.memoryUsage.rss();
  let peak = before;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(look, 5);
  const startMs = performance.now();
  await work();
  const ms = performance.now() - startMs;
  clearInterval(timer);
  look();
  return { ms, peakBytes: peak - before };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const directory = mkdtempSync(join(flags.directory, "akidb-bench-"));
const results = [];
for (const rowCount of flags.rows.split(",").map(Number)) {
  for (const kind of ["floats", "bytes"] as const) {
    const documents = makeDocuments(kind, rowCount);
    const boundBytes =
      kind === "bytes" ? (entropyBits(documents.vectors) * documents.vectors.length) / 8 : undefined;
    const measured = compressions.map((compression) => ({
      compression,
      fileBytes: 0,
      writes: [] as Timed[],
      reads: [] as Timed[],
    }));
    for (let round = 0; round < rounds; round++) {
      for (const each of measured) {
        const path = join(directory, "bench.parquet");
        const file = await open(path, "w+");
        each.writes.push(
          await timed(async () => {
            each.fileBytes = await write(file, documents, each.compression);
          }),
        );
        each.reads.push(await timed(() => read(file)));
        await file.close();
        rmSync(path);
      }
    }
    for (const { compression, fileBytes, writes, reads } of measured) {
      results.push({
        rows: rowCount,
        vectors: kind,
        compression,
        fileBytes,
        boundBytes,
        writeMs: median(writes.map(({ ms }) => ms)),
        readMs: median(reads.map(({ ms }) => ms)),
        writePeakBytes: Math.max(...writes.map(({ peakBytes }) => peakBytes)),
        readPeakBytes: Math.max(...reads.map(({ peakBytes }) => peakBytes)),
      });
    }
  }
}
rmSync(directory, { recursive: true });

const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
if (flags.json) {
  console.log(JSON.stringify({ machine, dimension, rounds, results }, undefined, 2));
} else {
  console.log(`${machine}; ${dimension} dimensions, median of ${rounds} rounds\n`);
  console.log(
    "| rows | vectors | compression | write ms | rows/s | read ms | rows/s | file MB | ÷ entropy | memory MB, write | read |",
  );
  console.log("|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  for (const each of results) {
    const cells = [
      whole(each.rows),
      each.vectors,
      each.compression,
      whole(each.writeMs),
      whole((each.rows / each.writeMs) * 1_000),
      whole(each.readMs),
      whole((each.rows / each.readMs) * 1_000),
      (each.fileBytes / 1e6).toFixed(2),
      each.boundBytes === undefined ? "" : (each.fileBytes / each.boundBytes).toFixed(2),
      whole(each.writePeakBytes / 1e6),
      whole(each.readPeakBytes / 1e6),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
