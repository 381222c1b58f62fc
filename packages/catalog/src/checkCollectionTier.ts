import { parseId, tiers } from "@akidb/base";
import { catalogLimits as max } from "./catalogLimits.ts";
import type { CollectionTierAttributes } from "./collectionTier.ts";
import { checkInteger, checkOneOf, checkText, checkTimestamp, refuseBadFields } from "./fieldCheck.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkCollectionTier(tier: CollectionTierAttributes): void {
  const { accessWindowStart, lastAccessedAt, snapshotId, warmPath } = tier;
  refuseBadFields([
    checkOneOf("tier", tier.tier, tiers),
    typeof tier.pinned === "boolean" ? undefined : { path: "pinned", detail: "must be true or false" },
    checkInteger("access_count", tier.accessCount, 0, Number.MAX_SAFE_INTEGER),
    accessWindowStart === null ? undefined : checkTimestamp("access_window_start", accessWindowStart),
    lastAccessedAt === null ? undefined : checkTimestamp("last_accessed_at", lastAccessedAt),
    snapshotId === null || parseId(snapshotId) === snapshotId
      ? undefined
      : { path: "snapshot_id", detail: "must be a UUID in lower case" },
    warmPath === null ? undefined : checkText("warm_path", warmPath, max.warmPathCharactersMax),
  ]);
}
