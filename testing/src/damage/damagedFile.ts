import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import type { SeededRandom } from "@akidb/base";

/** Kinds of files of a data directory, by their paths below it; the first that fits. */
const kinds = [
  ["snapshot", /\/snapshots\//],
  ["log segment", /\/wal\/\d+\.wal$/],
  ["checkpoint manifest", /\/checkpoint\/[^/]+\/MANIFEST\.json$/],
  ["segment", /\/checkpoint\/[^/]+\/segment-\d+$/],
  ["flat vectors", /\/checkpoint\/[^/]+\/flat$/],
  ["rows", /\/checkpoint\/[^/]+\/rows$/],
  ["payload index", /\/checkpoint\/[^/]+\/payload$/],
  ["tombstones", /\/checkpoint\/[^/]+\/tombstones$/],
  ["other part of a checkpoint", /\/checkpoint\//],
  ["documents.db", /\/documents\.db$/],
  ["documents.db-wal", /\/documents\.db-wal$/],
  ["catalog.db", /^catalog\.db$/],
  ["catalog.db-wal", /^catalog\.db-wal$/],
  ["VERSION", /^VERSION$/],
  ["dead letters", /^dlq\.db(?:-wal)?$/],
  ["choice of the model", /^default-model\.json$/],
] as const;

export type FileKind = (typeof kinds)[number][0];

/** @returns undefined for what nothing is lost with: locks, SQLite's index of its log */
export const kindOf = (path: string): FileKind | undefined =>
  kinds.find(([, pattern]) => pattern.test(path))?.[0];

const places = ["start", "middle", "end"] as const;
const harms = ["one bit", "a sector of zeros", "a torn end"] as const;

export interface Harm {
  readonly harm: (typeof harms)[number];
  readonly at: number;
}

const headBytes = 64;
const sectorBytes = 512;

/** Does to a file what a device might. @returns what it was; undefined where the bytes are as they were */
export function harmFile(path: string, random: SeededRandom): Harm | undefined {
  const { size } = statSync(path);
  if (size === 0) return undefined;
  const harm = harms[random.nextInt(harms.length)]!;
  const at = positionOf(places[random.nextInt(places.length)]!, size, random);
  if (harm === "a torn end") {
    truncateSync(path, at);
    return { harm, at };
  }
  const bytes = readFileSync(path);
  const before = Buffer.from(bytes);
  if (harm === "one bit") bytes[at]! ^= 1 << random.nextInt(8);
  else bytes.fill(0, at - (at % sectorBytes), Math.min(size, at - (at % sectorBytes) + sectorBytes));
  if (bytes.equals(before)) return undefined;
  writeFileSync(path, bytes);
  return { harm, at };
}

function positionOf(place: (typeof places)[number], size: number, random: SeededRandom): number {
  const edge = Math.min(size, headBytes);
  if (place === "start") return random.nextInt(edge);
  return place === "end" ? size - 1 - random.nextInt(edge) : random.nextInt(size);
}
