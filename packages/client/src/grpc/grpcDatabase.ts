import type { AkiDb } from "@akidb/base";
import { grpcApiKeys } from "./controlPlane/grpcApiKeys.ts";
import { grpcAuditLog } from "./controlPlane/grpcAuditLog.ts";
import { grpcAuth } from "./controlPlane/grpcAuth.ts";
import { grpcDatabases } from "./controlPlane/grpcDatabases.ts";
import { grpcJobs } from "./controlPlane/grpcJobs.ts";
import { grpcModels } from "./controlPlane/grpcModels.ts";
import { grpcOperations } from "./controlPlane/grpcOperations.ts";
import { grpcPolicies } from "./controlPlane/grpcPolicies.ts";
import { grpcTenants } from "./controlPlane/grpcTenants.ts";
import { grpcUsers } from "./controlPlane/grpcUsers.ts";
import { list, text, whole32 } from "./fields.ts";
import { createGrpcCalls, type GrpcCalls, type GrpcCallsOptions } from "./grpcCalls.ts";
import { grpcCollections } from "./grpcCollections.ts";
import { grpcTierMetrics } from "./grpcTiers.ts";

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

  models: grpcModels(calls),
  tenants: grpcTenants(calls),
  databases: grpcDatabases(calls),
  jobs: grpcJobs(calls),
  users: grpcUsers(calls),
  apiKeys: grpcApiKeys(calls),
  auth: grpcAuth(calls),
  policies: grpcPolicies(calls),
  auditLog: grpcAuditLog(calls),
  tierMetrics: grpcTierMetrics(calls),
  ...grpcOperations(calls),
  close: () => calls.close(),
});
