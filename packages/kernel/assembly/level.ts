import { levelMax } from "../src/headerWords";
import { linksMax, seed } from "./segment";

/**
 * floor(−ln u / ln M) with u in (0, 1] from a hash of seed and row (the finaliser of MurmurHash3, A. Appleby): the same
 * for a row however many threads build.
 */
export function levelOf(row: u32): u32 {
  let hash = row + (seed + 1) * 0x9e3779b9;
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  hash ^= hash >> 16;
  let level = 0;
  for (let threshold: f64 = 4294967296.0 / linksMax; <f64>hash < threshold && level < levelMax; threshold /= linksMax) {
    level++;
  }
  return level;
}
