import { createHash } from "node:crypto";
import type { SchemaPart } from "./migrator.ts";

/**
 * Of the schema after each migration, oldest first: to make a schema anew, and compare it part by part, takes longer than
 * all the rest of opening a catalog. Where a fingerprint is another one, that is what happens.
 */
export const schemaFingerprints: readonly string[] = [
  "ac6c7a055c2c4566e05d1ef3851cd9e1e611d6f0b424043acfd3a72231dd0088",
  "852c44cd38e5459eae3c1c0e4bbfee039800637447bd446521d9fbd8b42bbbaa",
  "898807aee5d36ccfa6ce8747988f5be02030e3668911ec5e20a9c438c4764029",
  "183664fc5fa8ebc8f62a6368f5dab0495a71e95a78aeb66e07a12802de59ab39",
  "d4ce0bb52390e0eb091c1519417cffd1120f47a0774fa0c609b0e730427328b6",
  "db85b5990a78c2112e7f1068b4902881832e07739d8e2ff9828f6b7c10e311c3",
  "700cbc3f389ea795ace5569593662d9d54c11ecac283146ec4f702b28d20eba5",
];

/** What makes a part, in SQLite's own words. */
export const textOfPart = ({ type, name, sql }: SchemaPart): string => JSON.stringify([type, name, sql]);

export function schemaFingerprint(schema: readonly SchemaPart[]): string {
  const hash = createHash("sha256");
  for (const part of schema) hash.update(textOfPart(part)).update("\n");
  return hash.digest("hex");
}
