import { assert } from "@akidb/base";

/** Fixed limits of the control plane; the migrations' CHECK constraints hold the same numbers. */
export const catalogLimits = {
  tenantNameCharactersMax: 255,
  slugCharactersMax: 255,
  externalIdCharactersMax: 255,
  descriptionCharactersMax: 4_096,
  embeddingModelCharactersMax: 255,
  modelProviderCharactersMax: 64,
  /** Has the model's name in it, escaped. */
  modelFingerprintCharactersMax: 4_096,
  generationMax: 1_000_000_000,
  reembeddingReasonCharactersMax: 10_000,
  /** RFC 5321, 4.5.3.1: of a path less its brackets, and of what stands before the `@`. */
  emailCharactersMax: 254,
  emailLocalPartCharactersMax: 64,
  keyNameCharactersMax: 255,
  keyPrefixCharactersMax: 32,
  /** Databases or collections that one key names. */
  keyScopeIdsMax: 1_000,
  policyNameCharactersMax: 255,
  policyTextCharactersMax: 16_384,
  warmPathCharactersMax: 4_096,
  auditActionCharactersMax: 64,
  auditResourceTypeCharactersMax: 64,
  auditResourceIdCharactersMax: 1_024,
  auditReasonCharactersMax: 1_024,
  auditAddressCharactersMax: 64,
  auditUserAgentCharactersMax: 1_024,
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
