import type { AkiDb, DocumentInput } from "@akidb/base";
import type { OpenOptions } from "@akidb/database";

/** Small enough to be kept in the repository, with a graph of two segments. */
export const goldenOptions: Omit<OpenOptions, "path"> = {
  hnsw: { threshold: 40, m: 4, efConstruction: 20 },
  tuning: { segmentRowsMax: 64, checkpointPolicy: { closeLogBytesMin: 1 } },
};
export const goldenDimension = 16;
export const goldenCount = 90;
export const snapshotGeneration = 1;
export const finalGenerationMax = 2;
export const deletedKey = 7;
/** Written after the snapshot. */
export const replacedKeys = [3, 60];
export const addedKey = goldenCount;

export const keyOf = (key: number): string => `dökument ${key}`;

export function goldenDocument(
  key: number,
  generation: number,
): DocumentInput & { readonly vector: Float32Array } {
  const vector = Float32Array.from(
    { length: goldenDimension },
    (_, i) => ((key * 31 + i * 17 + generation * 7) % 251) - 125.5,
  );
  return {
    externalId: keyOf(key),
    vector,
    ...(key % 3 > 0 && { text: `täxt ${key} of ${generation} \u{1f600}` }),
    ...(key % 4 > 0 && { metadata: { key, generation, nested: { list: [1, null, "x"], truth: true } } }),
  };
}

/** The generation of a document at the end; undefined where there is none. */
export function finalGeneration(key: number): number | undefined {
  if (key === deletedKey) return undefined;
  return replacedKeys.includes(key) || key === addedKey ? finalGenerationMax : snapshotGeneration;
}

/** A graph with a snapshot and writes behind it, and a collection too small for one. */
export async function writeGoldenData(db: AkiDb): Promise<void> {
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
  for (const [name, count] of [
    ["graph", goldenCount],
    ["flat", 5],
  ] as const) {
    await db.createCollection({ name, dimension: goldenDimension });
    const documents = range(0, count).map((key) => goldenDocument(key, snapshotGeneration));
    await db.collection(name).upsert(documents);
  }
  for (;;) {
    const { indexedCount } = await db.getCollection("graph");
    if (indexedCount === goldenCount) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const graph = db.collection("graph");
  await graph.createSnapshot();
  await graph.upsert([...replacedKeys, addedKey].map((key) => goldenDocument(key, finalGenerationMax)));
  await graph.delete(keyOf(deletedKey));
}
