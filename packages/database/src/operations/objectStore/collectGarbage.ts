import { type CollectGarbageInput, type GarbageReport, invalidArgument, orAborted } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

const secondsMin = 3_600;
const secondsMax = 100 * 366 * 86_400;
const secondsDefault = 86_400;

/** Goes on where its caller does not wait for the end. */
export const collectGarbage = defineOperation<CollectGarbageInput, GarbageReport>({
  name: "collectGarbage",
  permission: "server::admin",
  resource: theServer,
  run: async (
    { garbage, call },
    { dryRun = true, olderThanSeconds: seconds = secondsDefault, unknownCollections = false },
  ) => {
    if (!Number.isInteger(seconds) || seconds < secondsMin || seconds > secondsMax) {
      throw invalidArgument("older_than_seconds", `must be an integer from ${secondsMin} to ${secondsMax}`);
    }
    const request = {
      isDryRun: dryRun,
      olderThanMs: seconds * 1_000,
      withUnknownCollections: unknownCollections,
    };
    return await orAborted(garbage.run(request), call.deadline);
  },
});
