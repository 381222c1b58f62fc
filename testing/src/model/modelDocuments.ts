import { ChunkedDocument } from "@akidb/engine";
import { modelKeysMax } from "./modelStep.ts";
import { documentVector } from "./modelVectors.ts";

export const chunksMax = 4;

/** Chunks have the keys beyond those of documents. */
export const chunkKeysOf = (key: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => key + modelKeysMax * (index + 1));

export const chunkCount = (key: number, generation: number): number => 1 + ((key + generation) % chunksMax);

export function nameOf(key: number): string {
  const parent = `k${key % modelKeysMax}`;
  return key < modelKeysMax ? parent : `${parent}#${Math.floor(key / modelKeysMax) - 1}`;
}

export function keyOf(name: string): number {
  const [parent, chunk] = name.slice(1).split("#").map(Number);
  return chunk === undefined ? parent! : chunkKeysOf(parent!, chunk + 1)[chunk]!;
}

export const documentsOf = (keys: readonly number[], generation: number) =>
  keys.map((key) => ({
    externalId: nameOf(key),
    vector: documentVector(key, generation),
    metadata: { generation },
  }));

export const chunkedDocumentsOf = (keys: readonly number[], generation: number) =>
  keys.map((key) => {
    const chunks = chunkKeysOf(key, chunkCount(key, generation)).map((chunk, start) => ({
      ...{ text: nameOf(chunk), start },
      vector: documentVector(chunk, generation),
    }));
    return new ChunkedDocument({ externalId: nameOf(key), metadata: { generation } }, chunks);
  });

export const patchesOf = (keys: readonly number[], generation: number) =>
  keys.map((key) => ({ id: nameOf(key), metadata: { patched: generation } }));
