import { assert } from "@akidb/base";

/** Fixed limits of the control plane; the first migration's CHECK constraints hold the same numbers. */
export const catalogLimits = {
  tenantNameCharactersMax: 255,
  slugCharactersMax: 255,
  externalIdCharactersMax: 255,
  descriptionCharactersMax: 4_096,
  embeddingModelCharactersMax: 255,
  /** Ordinals are 32 bits wide, and the last one is left free to mean none. */
  documentCountMax: 0xffff_ffff - 1,
  replicaFactorMin: 1,
  replicaFactorMax: 3,
  /** Ten years. */
  walRetentionSecondsMax: 315_360_000,
} as const;

assert(
  catalogLimits.slugCharactersMax >= catalogLimits.tenantNameCharactersMax,
  "the slug of any tenant name fits",
);
