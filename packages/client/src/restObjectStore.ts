import type { AkiDb } from "@akidb/base";
import {
  CircuitBreakerList,
  circuitBreakersFromWire,
  collectGarbageToWire,
  DeadLetterList,
  DeadLetterRetryResource,
  deadLetterListFromWire,
  deadLetterRetryFromWire,
  GarbageReportResource,
  garbageReportFromWire,
  JobResource,
  jobFromWire,
} from "@akidb/protocol";
import { pagePath } from "./pagePath.ts";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";
import { pathSegment } from "./serverUrl.ts";

const garbageJobsPath = "/admin/gc/jobs";

/** What brings things to the object store. */
export const restObjectStore = (
  requests: RestRequests,
): Pick<AkiDb, "resetCircuitBreakers" | "deadLetters" | "collectGarbage" | "garbageCollections"> => ({
  resetCircuitBreakers: async (options) => {
    const path = "/admin/circuit-breaker/reset";
    const body = await requests.send({ method: "POST", path, repeatable: true, options });
    return readAnswer(CircuitBreakerList, circuitBreakersFromWire, body);
  },

  collectGarbage: async (input = {}, options) => {
    const body = await requests.send({
      method: "POST",
      path: "/admin/gc",
      body: () => collectGarbageToWire(input),
      repeatable: true,
      options,
    });
    return readAnswer(GarbageReportResource, garbageReportFromWire, body);
  },

  garbageCollections: {
    start: async (input = {}, options) => {
      const body = await requests.send({
        method: "POST",
        path: garbageJobsPath,
        body: () => collectGarbageToWire(input),
        // Where the first one has begun it, the second finds it.
        repeatable: true,
        options,
      });
      return readAnswer(JobResource, jobFromWire, body);
    },

    report: async (job, options) => {
      const path = `${garbageJobsPath}/${pathSegment("job", job)}/report`;
      const body = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(GarbageReportResource, garbageReportFromWire, body);
    },

    cancel: async (job, options) => {
      const path = `${garbageJobsPath}/${pathSegment("job", job)}/cancel`;
      const body = await requests.send({ method: "POST", path, repeatable: false, options });
      return readAnswer(JobResource, jobFromWire, body);
    },
  },

  deadLetters: {
    list: async (page = {}, options) => {
      const path = pagePath("/admin/dlq", page);
      const body = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(DeadLetterList, deadLetterListFromWire, body);
    },

    retry: async (collectionId, options) => {
      const path = `/admin/collections/${pathSegment("collection", collectionId)}/dlq/retry`;
      const body = await requests.send({ method: "POST", path, repeatable: true, options });
      return readAnswer(DeadLetterRetryResource, deadLetterRetryFromWire, body);
    },
  },
});
