import type { TierMetrics } from "@akidb/base";
import { chosenDatabase } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export const getTierMetrics = defineOperation<object, TierMetrics>({
  name: "getTierMetrics",
  permission: "collection::read",
  resource: chosenDatabase,
  underFilter: "unaffected",
  audited: "as_data",
  run: async ({ collections, tierKeeper, databaseId }) =>
    tierKeeper.metrics(collections.records().filter((record) => record.databaseId === databaseId)),
});
