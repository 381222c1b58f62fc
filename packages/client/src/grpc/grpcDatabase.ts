import type { AkiDb } from "@akidb/base";
import { list, text, whole32 } from "./fields.ts";
import { createGrpcCalls, type GrpcCalls, type GrpcCallsOptions } from "./grpcCalls.ts";
import { grpcCollections } from "./grpcCollections.ts";
import { databaseOverRest } from "./onlyOverRest.ts";

/** The database behind the gRPC port of a server. Bundles for browsers have `noGrpc.ts` in its place. */
export const grpcDatabase = (options: GrpcCallsOptions): AkiDb => databaseOn(createGrpcCalls(options));

const databaseOn = (calls: GrpcCalls): AkiDb => ({
  ...grpcCollections(calls),
  database: (nameOrId) => databaseOn(calls.withDatabase(nameOrId)),

  embed: async (input, options) => {
    const answer = await calls.send("embedding", "embed", {
      request: () => ({
        texts: list("texts", input.texts).map((each, index) => text(`texts[${index}]`, each) ?? ""),
        model: text("model", input.model),
        pooling: undefined,
        normalize: undefined,
        dimension: whole32("dimension", input.dimension),
      }),
      repeatable: true,
      options,
    });
    return {
      embeddings: answer.embeddings.map(({ values }) => Float32Array.from(values)),
      model: answer.model,
      dimension: answer.dimension,
      usage: {
        totalTokens: answer.usage?.totalTokens ?? 0,
        durationMs: answer.usage?.durationMs ?? 0,
      },
    };
  },

  ...databaseOverRest(calls.address),
  close: () => calls.close(),
});
