import type { AkiDb } from "@akidb/base";
import { UsageResource, usageFromWire } from "@akidb/protocol";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";

export const restUsage =
  (requests: RestRequests): AkiDb["usage"] =>
  async ({ tenant, ...options } = {}) => {
    const query = tenant === undefined ? "" : `?${new URLSearchParams({ tenant })}`;
    const body = await requests.send({
      method: "GET",
      path: `/api/v1/usage${query}`,
      repeatable: true,
      options,
    });
    return readAnswer(UsageResource, usageFromWire, body);
  };
