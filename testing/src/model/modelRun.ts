import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline, type Quantization, SeededRandom, systemClock, UuidV7Generator } from "@akidb/base";
import { Builders, Collection, createCollectionFiles, nodeDisk } from "@akidb/engine";

export interface ModelOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly quantization?: Quantization;
  readonly onProgress?: (report: ModelReport) => void;
}

export interface ModelReport {
  readonly writes: number;
  readonly searches: number;
  readonly exactSearches: number;
  readonly reopenings: number;
  /** Times that the index shrank: dead rows were dropped. */
  readonly compactions: number;
  /** Mean share of the ten true nearest that the graph found. */
  readonly recallAt10: number;
  readonly faults: readonly string[];
}

const dimension = 24;
const keysMax = 4_000;
const progressIntervalMs = 10_000;

/**
 * A collection against a Map: concurrent upserts, deletions, searches of the graph and exact ones, over compactions,
 * thresholds and reopenings. No search may return what is not there (a phantom), no exact search may miss what is, and
 * the graph must keep its recall throughout.
 */
export async function runModel({
  seed,
  durationMs,
  quantization = "int8",
  onProgress = () => {},
}: ModelOptions): Promise<ModelReport> {
  const random = new SeededRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), "akidb-model-"));
  const builders = new Builders({ threadCount: 1 });
  const options = {
    disk: nodeDisk,
    directory,
    collectionId: new UuidV7Generator(systemClock, random).next<"collection">(),
    clock: systemClock,
    ids: new UuidV7Generator(systemClock, random),
    dimension,
    metric: "cosine" as const,
    maxDocumentCount: 1_000_000,
    metadataBytesMax: 65_536,
    recallChecksPerMinute: 0,
    // The log is what crash rounds test; here it would only slow the writes down.
    wal: { sync: "never" as const, syncIntervalMs: 100, segmentBytesMax: 1 << 24 },
    graph: {
      builders,
      quantization,
      linksMax: 16,
      efConstruction: 100,
      efSearch: 100,
      threshold: 500,
      segmentRowsMax: 3_000,
    },
  };
  await createCollectionFiles(options);
  let collection = await Collection.open(options);

  const model = new Map<string, Float32Array>();
  const faults: string[] = [];
  const counts = { writes: 0, searches: 0, exactSearches: 0, reopenings: 0, compactions: 0 };
  let found = 0;
  let wanted = 0;
  let rows = 0;
  const report = (): ModelReport => ({ ...counts, recallAt10: wanted === 0 ? 1 : found / wanted, faults });

  const randomKey = () => `k${random.nextInt(keysMax)}`;
  const center = Array.from({ length: 6 }, () => gaussian(random));
  const randomVector = () => {
    const vector = gaussian(random).map((component) => 0.1 * component);
    for (const direction of center) {
      const weight = random.nextGaussian();
      for (let i = 0; i < dimension; i++) vector[i]! += weight * direction[i]!;
    }
    return vector;
  };

  const upsert = async () => {
    const keys = new Set(Array.from({ length: 1 + random.nextInt(120) }, randomKey));
    const documents = [...keys].map((externalId) => ({ externalId, vector: randomVector() }));
    await collection.upsert(documents);
    for (const { externalId, vector } of documents) model.set(externalId, vector);
    counts.writes += documents.length;
  };
  const remove = async () => {
    const keys = Array.from(new Set(Array.from({ length: 1 + random.nextInt(60) }, randomKey)));
    const removed = await collection.delete(keys);
    for (const [index, key] of keys.entries()) {
      if (removed[index] !== model.delete(key)) faults.push(`deletion of ${key} did not see what was there`);
    }
    counts.writes += keys.length;
  };
  const search = async (exact: boolean) => {
    const query = randomVector();
    const matches = await collection.query(
      { vector: query, topK: 10, exact, include: ["vector"] },
      noDeadline(),
    );
    for (const { externalId, vector } of matches) {
      const expected = model.get(externalId!);
      if (expected === undefined || !expected.every((component, i) => component === vector![i])) {
        faults.push(`${externalId} was found and is not there`);
      }
    }
    const truth = nearest(model, query, 10);
    const worst = truth.at(-1) ?? Number.NEGATIVE_INFINITY;
    const good = matches.filter(({ score }) => score >= worst - 1e-9).length;
    if (exact && good < truth.length) faults.push(`an exact search found ${good} of ${truth.length}`);
    if (exact) {
      counts.exactSearches += 1;
    } else {
      counts.searches += 1;
      found += Math.min(good, truth.length);
      wanted += truth.length;
    }
  };
  const reopen = async () => {
    await collection.close();
    collection = await Collection.open(options);
    counts.reopenings += 1;
  };

  const startMs = performance.now();
  let progressMs = startMs;
  try {
    while (performance.now() - startMs < durationMs && faults.length === 0) {
      const action = random.nextInt(1_000);
      if (action < 300) await upsert();
      else if (action < 400) await remove();
      else if (action < 950) await search(false);
      else if (action < 998) await search(true);
      else await reopen();
      const { documentCount, rowCount } = collection.stats();
      if (documentCount !== model.size) faults.push(`${documentCount} documents instead of ${model.size}`);
      if (rowCount < rows && action < 998) counts.compactions += 1;
      rows = rowCount;
      if (performance.now() - progressMs > progressIntervalMs) {
        progressMs = performance.now();
        onProgress(report());
      }
      // Builders and compaction go on between the steps, as they do between requests.
      if (random.nextInt(4) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return report();
  } finally {
    await collection.close();
    await builders.close();
    rmSync(directory, { recursive: true });
  }
}

const gaussian = (random: SeededRandom): Float32Array =>
  Float32Array.from({ length: dimension }, () => random.nextGaussian());

/** Cosines of the `k` nearest, best first, in plain double precision. */
function nearest(
  model: ReadonlyMap<string, Float32Array>,
  query: Float32Array,
  k: number,
): readonly number[] {
  const scores: number[] = [];
  const queryNorm = Math.hypot(...query);
  for (const vector of model.values()) {
    let dot = 0;
    let squares = 0;
    for (let i = 0; i < dimension; i++) {
      dot += query[i]! * vector[i]!;
      squares += vector[i]! * vector[i]!;
    }
    scores.push(dot / (queryNorm * Math.sqrt(squares)));
  }
  return scores.sort((a, b) => b - a).slice(0, k);
}
