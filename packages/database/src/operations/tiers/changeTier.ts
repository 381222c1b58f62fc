import { type CollectionTier, invalidArgument, type TierAction, tierActions } from "@akidb/base";
import { namedCollection } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";
import type { CollectionReference } from "../getCollection.ts";

export interface ChangeTierInput extends CollectionReference {
  readonly action: TierAction;
  /** True if absent. */
  readonly wait?: boolean;
}

export const changeTier = defineOperation<ChangeTierInput, CollectionTier>({
  name: "changeTier",
  permission: "collection::update",
  resource: namedCollection,
  run: async ({ collections, tierKeeper, databaseId, call }, { collection, action, wait = true }) => {
    if (!tierActions.includes(action))
      throw invalidArgument("action", `must be one of ${tierActions.join(", ")}`);
    const record = collections.find(databaseId, collection);
    return await tierKeeper.change({ record, action, wait, deadline: call.deadline });
  },
});
