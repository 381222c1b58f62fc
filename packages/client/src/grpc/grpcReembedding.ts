import type { CallOptions, EmbeddedWith, Reembedding, ReembeddingInfo } from "@akidb/base";
import type { EmbeddedWith as EmbeddedWithMessage, Reembedding as Message } from "@akidb/protocol/grpc";
import { text, whole32 } from "./fields.ts";
import type { GrpcCalls } from "./grpcCalls.ts";
import { nullsOf } from "./messageFields.ts";
import { sentPart } from "./sentPart.ts";

type Change = "pauseReembedding" | "resumeReembedding" | "cancelReembedding" | "rollBackReembedding";

/** Of one collection. */
export function grpcReembedding(calls: GrpcCalls, collectionName: () => string): Reembedding {
  const request = () => ({ collection: collectionName() });
  const change = (method: Change) => async (options?: CallOptions) =>
    reembeddingOf(await calls.send("reembeddings", method, { request, repeatable: false, options }));
  return {
    start: async ({ model, dimension } = {}, options) => {
      const reembedding = await calls.send("reembeddings", "startReembedding", {
        request: () => ({
          collection: collectionName(),
          model: text("model", model),
          dimension: whole32("dimension", dimension),
        }),
        repeatable: false,
        options,
      });
      return reembeddingOf(reembedding);
    },
    get: async (options) => {
      const call = { request, repeatable: true, options };
      return reembeddingOf(await calls.send("reembeddings", "getReembedding", call));
    },
    pause: change("pauseReembedding"),
    resume: change("resumeReembedding"),
    cancel: change("cancelReembedding"),
    rollback: change("rollBackReembedding"),
  };
}

const reembeddingOf = ({ reembeddingId: id, from, to, ...message }: Message): ReembeddingInfo =>
  nullsOf<ReembeddingInfo>({
    id,
    documentsDone: undefined,
    documentsTotal: undefined,
    documentsPerSecond: undefined,
    secondsLeft: undefined,
    ...message,
    from: embeddedWithOf(from),
    to: embeddedWithOf(to),
  });

const embeddedWithOf = (message: EmbeddedWithMessage | undefined): EmbeddedWith =>
  nullsOf<EmbeddedWith>(sentPart(message));
