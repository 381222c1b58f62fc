import type { AkiDb, Collection } from "@akidb/base";
import {
  changeTierToWire,
  TierMetricsResource,
  TierResource,
  tierFromWire,
  tierMetricsFromWire,
} from "@akidb/protocol";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";

/** @param path of the collection's resource */
export const restTiers = (
  requests: RestRequests,
  path: () => string,
): Pick<Collection, "getTier" | "changeTier"> => ({
  getTier: async (options) => {
    const body = await requests.send({ method: "GET", path: `${path()}/tier`, repeatable: true, options });
    return readAnswer(TierResource, tierFromWire, body);
  },

  changeTier: async (action, { wait, ...options } = {}) => {
    const body = await requests.send({
      method: "POST",
      path: `${path()}/tier`,
      body: () => changeTierToWire(action, wait === undefined ? {} : { wait }),
      // Where the first one has done it, the second finds it so.
      repeatable: true,
      options,
    });
    return readAnswer(TierResource, tierFromWire, body);
  },
});

/** @param root of the paths of a database */
export const restTierMetrics =
  (requests: RestRequests, root: () => string): AkiDb["tierMetrics"] =>
  async (options) => {
    const path = `${root()}/metrics/tiers`;
    const body = await requests.send({ method: "GET", path, repeatable: true, options });
    return readAnswer(TierMetricsResource, tierMetricsFromWire, body);
  };
