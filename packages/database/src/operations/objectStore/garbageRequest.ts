import { type CollectGarbageInput, invalidArgument } from "@akidb/base";
import type { GarbageRequest } from "../../garbage/garbageCollector.ts";

const secondsMin = 3_600;
const secondsMax = 100 * 366 * 86_400;
const secondsDefault = 86_400;

/** @throws AkiDbError `invalid_argument` */
export function garbageRequest({
  dryRun = true,
  olderThanSeconds: seconds = secondsDefault,
  unknownCollections = false,
}: CollectGarbageInput): GarbageRequest {
  if (!Number.isInteger(seconds) || seconds < secondsMin || seconds > secondsMax) {
    throw invalidArgument("older_than_seconds", `must be an integer from ${secondsMin} to ${secondsMax}`);
  }
  return { isDryRun: dryRun, olderThanMs: seconds * 1_000, withUnknownCollections: unknownCollections };
}
