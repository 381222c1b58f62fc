import { type ChunkBoundary, chunkBoundaries, type FieldViolation, isPlainObject, limits } from "@akidb/base";
import type { SplitRules } from "./splitText.ts";

/** @returns the rules, or else with violations added, as paths of the document */
export function checkChunking(chunking: unknown, violations: FieldViolation[]): SplitRules | undefined {
  if (!isPlainObject(chunking)) {
    violations.push({ path: "chunking", detail: "must be an object with size, overlap and by" });
    return undefined;
  }
  const { size, overlap = 0, by = "sentence" } = chunking as Readonly<Record<string, unknown>>;
  const before = violations.length;
  const { chunkCharactersMin: min, chunkCharactersMax: max } = limits;
  if (!isWholeNumber(size, min, max)) {
    violations.push({ path: "chunking.size", detail: `must be a whole number from ${min} to ${max}` });
  } else if (!isWholeNumber(overlap, 0, size >> 1)) {
    const detail = `must be a whole number from 0 to ${size >> 1}, half the size`;
    violations.push({ path: "chunking.overlap", detail });
  }
  if (!chunkBoundaries.includes(by as ChunkBoundary)) {
    violations.push({ path: "chunking.by", detail: `must be one of ${chunkBoundaries.join(", ")}` });
  }
  if (violations.length > before) return undefined;
  return { sizeCharacters: size as number, overlapCharacters: overlap as number, by: by as ChunkBoundary };
}

const isWholeNumber = (value: unknown, min: number, max: number): value is number =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
