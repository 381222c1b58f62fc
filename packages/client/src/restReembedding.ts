import type { CallOptions, Reembedding, ReembeddingInfo } from "@akidb/base";
import { ReembeddingResource, reembeddingFromWire, startReembeddingToWire } from "@akidb/protocol";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";

/** @param path of the collection's resource; throws `invalid_argument` where there can be none */
export function restReembedding(requests: RestRequests, path: () => string): Reembedding {
  const change =
    (verb: string) =>
    async (options?: CallOptions): Promise<ReembeddingInfo> => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/reembed/${verb}`,
        repeatable: false,
        options,
      });
      return readAnswer(ReembeddingResource, reembeddingFromWire, body);
    };
  return {
    start: async (input = {}, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/reembed`,
        body: () => startReembeddingToWire(input),
        repeatable: false,
        options,
      });
      return readAnswer(ReembeddingResource, reembeddingFromWire, body);
    },
    get: async (options) => {
      const body = await requests.send({
        method: "GET",
        path: `${path()}/reembed`,
        repeatable: true,
        options,
      });
      return readAnswer(ReembeddingResource, reembeddingFromWire, body);
    },
    pause: change("pause"),
    resume: change("resume"),
    cancel: change("cancel"),
    rollback: change("rollback"),
  };
}
