import { setTimeout as pause } from "node:timers/promises";
import type { CreateApiKeyInput, ReembeddingInfo, SimulatedPrincipal } from "@akidb/base";
import {
  type ApiKey,
  ApiKeyServiceDefinition as ApiKeys,
  AuthServiceDefinition as Auth,
  DatabaseServiceDefinition as Databases,
  EmbeddingServiceDefinition as Embedding,
  type GarbageReport,
  OperationsServiceDefinition as Operations,
  PolicyServiceDefinition as Policies,
  type SimulatedPrincipal as PrincipalMessage,
  type Reembedding,
  ReembeddingServiceDefinition as Reembeddings,
  SnapshotServiceDefinition as Snapshots,
  TenantServiceDefinition as Tenants,
  TierServiceDefinition as Tiers,
  UserServiceDefinition as Users,
} from "@akidb/protocol/grpc";
import { type ControlPlane, ended, steady } from "./controlPlane.ts";
import type { GrpcSender } from "./grpcSender.ts";

/** As the interface calls it: everything's own id is its `id`. */
const identified =
  <Key extends string>(key: Key) =>
  <Message extends Readonly<Record<Key, string>>>({ [key]: id, ...message }: Message): object => ({
    ...message,
    id,
  });
const tenantOf = identified("tenantId");
const databaseOf = identified("databaseId");
const userOf = identified("userId");
const policyOf = identified("policyId");
const snapshotOf = identified("snapshotId");
const modelOf = identified("modelId");
const apiKeyOf = ({ apiKeyId: id, databases, collections, ...key }: ApiKey) => ({
  ...key,
  id,
  databases: databases?.values,
  collections: collections?.values,
});

/** An empty text takes away what null does. */
const taken = (text: string | null | undefined): string | undefined => (text === null ? "" : text);

export function grpcControlPlane(sender: GrpcSender): ControlPlane {
  return {
    ...tenancy(sender),
    ...usersAndKeys(sender),
    ...policiesAndPermissions(sender),
    ...snapshots(sender),
    ...tiers(sender),
    ...reembeddings(sender),
  };
}

type Part<Name extends keyof ControlPlane> = Pick<ControlPlane, Name>;

type Tenancy = Part<
  `${"create" | "list" | "get" | "update" | "delete"}${"Tenant" | "Database"}` & keyof ControlPlane
>;

function tenancy(
  sender: GrpcSender,
): Tenancy &
  Part<"listTenants" | "listDatabases" | "getJob" | "getUsage" | "listModels" | "getModel" | "switchModel"> &
  Part<"resetCircuitBreakers" | "listDeadLetters" | "retryDeadLetters" | "collectGarbage"> &
  Part<"startGarbageCollection" | "getGarbageReport" | "cancelGarbageCollection"> {
  const { createTenant, listTenants, getTenant, updateTenant, deleteTenant } = Tenants.methods;
  const { createDatabase, listDatabases, getDatabase, updateDatabase, deleteDatabase } = Databases.methods;
  const { getJob, getUsage, resetCircuitBreakers } = Operations.methods;
  const { listDeadLetters, retryDeadLetters, collectGarbage } = Operations.methods;
  const { startGarbageCollection, getGarbageReport, cancelGarbageCollection } = Operations.methods;
  const { listModels, getModel, switchModel } = Embedding.methods;
  return {
    createTenant: async (input) =>
      tenantOf(await sender.send(Tenants, createTenant, { ...input, externalId: taken(input.externalId) })),
    listTenants: async (page) => {
      const { tenants, nextCursor } = await sender.send(Tenants, listTenants, page);
      return { items: tenants.map(tenantOf), nextCursor };
    },
    getTenant: async (tenant) => tenantOf(await sender.send(Tenants, getTenant, { tenant })),
    updateTenant: async (tenant, changes) => {
      const request = { ...changes, tenant, externalId: taken(changes.externalId) };
      return tenantOf(await sender.send(Tenants, updateTenant, request));
    },
    deleteTenant: async (tenant) => (await sender.send(Tenants, deleteTenant, { tenant })).resource,
    createDatabase: async (input) => {
      const request = { ...input, description: taken(input.description) };
      return databaseOf(await sender.send(Databases, createDatabase, request));
    },
    listDatabases: async (page) => {
      const { databases, nextCursor } = await sender.send(Databases, listDatabases, page);
      return { items: databases.map(databaseOf), nextCursor };
    },
    getDatabase: async (database) => databaseOf(await sender.send(Databases, getDatabase, { database })),
    updateDatabase: async (database, changes) => {
      const request = { ...changes, database, description: taken(changes.description) };
      return databaseOf(await sender.send(Databases, updateDatabase, request));
    },
    deleteDatabase: async (database) => (await sender.send(Databases, deleteDatabase, { database })).resource,
    getJob: (job) => sender.send(Operations, getJob, { job }),
    resetCircuitBreakers: async () =>
      (await sender.send(Operations, resetCircuitBreakers, {})).circuitBreakers.map(
        ({ reason = null, ...breaker }) => ({ ...breaker, reason }),
      ),
    listDeadLetters: async (page) => {
      const { deadLetters, nextCursor } = await sender.send(Operations, listDeadLetters, page);
      return { items: deadLetters, nextCursor };
    },
    collectGarbage: async (input) => garbageReportOf(await sender.send(Operations, collectGarbage, input)),
    startGarbageCollection: async (input) => {
      const { jobId: job, kind } = await sender.send(Operations, startGarbageCollection, input);
      while ((await sender.send(Operations, getJob, { job })).state === "running") await pause(5);
      return { kind, report: garbageReportOf(await sender.send(Operations, getGarbageReport, { job })) };
    },
    getGarbageReport: async (job) =>
      garbageReportOf(await sender.send(Operations, getGarbageReport, { job })),
    cancelGarbageCollection: (job) => sender.send(Operations, cancelGarbageCollection, { job }),
    retryDeadLetters: (collectionId) => sender.send(Operations, retryDeadLetters, { collectionId }),
    getUsage: (options) => sender.send(Operations, getUsage, options),
    listModels: async () => (await sender.send(Embedding, listModels, {})).models.map(modelOf),
    getModel: async (model) => modelOf(await sender.send(Embedding, getModel, { model })),
    switchModel: async (model) => modelOf(await sender.send(Embedding, switchModel, { model })),
  };
}

const garbageReportOf = ({ garbage, ...report }: GarbageReport) => ({
  ...report,
  items: garbage.map(({ removed: isRemoved, ...item }) => ({ ...item, isRemoved })),
});

type UsersAndKeys = Part<
  | "createUser"
  | "listUsers"
  | "getUser"
  | "updateUser"
  | "deleteUser"
  | "createApiKey"
  | "listApiKeys"
  | "getApiKey"
  | "revokeApiKey"
  | "deleteApiKey"
>;

function usersAndKeys(sender: GrpcSender): UsersAndKeys {
  const { createUser, listUsers, getUser, updateUser, deleteUser } = Users.methods;
  const { createApiKey, listApiKeys, getApiKey, revokeApiKey, deleteApiKey } = ApiKeys.methods;
  const keyNamed = async (name: string): Promise<string> => {
    const { apiKeys } = await sender.send(ApiKeys, listApiKeys, {});
    return apiKeys.find((key) => key.name === name)?.apiKeyId ?? name;
  };
  const keyMessage = ({ user, databases, collections, ...input }: CreateApiKeyInput) => ({
    ...input,
    user: taken(user),
    databases: databases && { values: [...databases] },
    collections: collections && { values: [...collections] },
  });
  return {
    createUser: async (input) => userOf(await sender.send(Users, createUser, input)),
    listUsers: async (input) => {
      const { users, nextCursor } = await sender.send(Users, listUsers, input);
      return { items: users.map(userOf), nextCursor };
    },
    getUser: async (user, options) => userOf(await sender.send(Users, getUser, { user, ...options })),
    updateUser: async (user, changes, options) =>
      userOf(await sender.send(Users, updateUser, { user, ...changes, ...options })),
    deleteUser: async (user, options) => void (await sender.send(Users, deleteUser, { user, ...options })),
    createApiKey: async (input) => {
      const { apiKey, secret } = await sender.send(ApiKeys, createApiKey, keyMessage(input));
      return { ...apiKeyOf(apiKey!), secret };
    },
    listApiKeys: async (input) => {
      const { apiKeys, nextCursor } = await sender.send(ApiKeys, listApiKeys, input);
      return { items: apiKeys.map(apiKeyOf), nextCursor };
    },
    getApiKey: async (name) =>
      apiKeyOf(await sender.send(ApiKeys, getApiKey, { apiKey: await keyNamed(name) })),
    revokeApiKey: async (name) =>
      apiKeyOf(await sender.send(ApiKeys, revokeApiKey, { apiKey: await keyNamed(name) })),
    deleteApiKey: async (name) =>
      void (await sender.send(ApiKeys, deleteApiKey, { apiKey: await keyNamed(name) })),
  };
}

type PoliciesAndPermissions = Part<
  | "createPolicy"
  | "listPolicies"
  | "getPolicy"
  | "updatePolicy"
  | "deletePolicy"
  | "validatePolicy"
  | "simulatePolicies"
  | "listShippedPolicies"
  | "getPermissions"
>;

function policiesAndPermissions(sender: GrpcSender): PoliciesAndPermissions {
  const { createPolicy, listPolicies, getPolicy, updatePolicy, deletePolicy, ...others } = Policies.methods;
  return {
    createPolicy: async (input) => policyOf(await sender.send(Policies, createPolicy, input)),
    listPolicies: async (page) => {
      const { policies, nextCursor } = await sender.send(Policies, listPolicies, page);
      return { items: policies.map(policyOf), nextCursor };
    },
    getPolicy: async (policy) => policyOf(await sender.send(Policies, getPolicy, { policy })),
    updatePolicy: async (policy, change) =>
      policyOf(await sender.send(Policies, updatePolicy, { policy, ...change })),
    deletePolicy: async (policy) => void (await sender.send(Policies, deletePolicy, { policy })),
    validatePolicy: (cedarText) => sender.send(Policies, others.validatePolicy, { cedarText }),
    simulatePolicies: ({ principal, policies = [], ...input }) => {
      const message = principal && principalMessage(principal);
      const request = { ...input, principal: message, policies: [...policies] };
      return sender.send(Policies, others.simulatePolicies, request);
    },
    listShippedPolicies: () => sender.send(Policies, others.listShippedPolicies, {}),
    getPermissions: (database) => sender.send(Auth, Auth.methods.getPermissions, { database }),
  };
}

function principalMessage(principal: SimulatedPrincipal): PrincipalMessage {
  if ("user" in principal) return { principal: { $case: "user", value: principal.user } };
  if ("apiKey" in principal) return { principal: { $case: "apiKey", value: principal.apiKey } };
  return { principal: { $case: "role", value: principal } };
}

function tiers(sender: GrpcSender): Part<"getTier" | "changeTier" | "getTierMetrics"> {
  const { getTier, changeTier, getTierMetrics } = Tiers.methods;
  return {
    getTier: (collection) => sender.send(Tiers, getTier, { collection }),
    changeTier: (collection, action) => sender.send(Tiers, changeTier, { collection, action }),
    getTierMetrics: () => sender.send(Tiers, getTierMetrics, {}),
  };
}

type OfSnapshots = Part<
  "createSnapshot" | "listSnapshots" | "restoreSnapshot" | "downloadSnapshot" | "deleteSnapshot"
>;

function snapshots(sender: GrpcSender): OfSnapshots {
  const { createSnapshot, listSnapshots, restoreSnapshot, downloadSnapshot, deleteSnapshot } =
    Snapshots.methods;
  const newest = async (collection: string): Promise<string> =>
    (await sender.send(Snapshots, listSnapshots, { collection })).snapshots.at(-1)!.snapshotId;
  return {
    createSnapshot: async (collection) =>
      snapshotOf(await sender.send(Snapshots, createSnapshot, { collection })),
    listSnapshots: async (collection) => {
      const { snapshots, objectStoreProblem } = await sender.send(Snapshots, listSnapshots, { collection });
      return { items: snapshots.map(snapshotOf), objectStoreProblem };
    },
    restoreSnapshot: async (collection, options) => {
      const request = { collection, snapshot: await newest(collection), ...options };
      const { collection: info } = await sender.send(Snapshots, restoreSnapshot, request);
      return { name: info!.name, documentCount: info!.documentCount, state: info!.state };
    },
    downloadSnapshot: async (collection) => {
      const request = { collection, snapshot: await newest(collection) };
      const parts = await sender.receive(Snapshots, downloadSnapshot, request);
      const bytes = Buffer.concat(parts.map(({ data }) => data));
      return { isWhole: bytes.length === parts[0]!.sizeBytes, begins: bytes.subarray(0, 4).toString() };
    },
    deleteSnapshot: async (collection) =>
      void (await sender.send(Snapshots, deleteSnapshot, { collection, snapshot: await newest(collection) })),
  };
}

type OfReembeddings = Part<"startReembedding" | "endedReembedding" | "changeReembedding">;

function reembeddings(sender: GrpcSender): OfReembeddings {
  const { startReembedding, getReembedding, ...methods } = Reembeddings.methods;
  const verbs = {
    pause: methods.pauseReembedding,
    resume: methods.resumeReembedding,
    cancel: methods.cancelReembedding,
    rollback: methods.rollBackReembedding,
  };
  const reembeddingOf = (message: Reembedding): object =>
    steady(identified("reembeddingId")(message) as Partial<ReembeddingInfo>);
  return {
    startReembedding: async (collection, input) =>
      reembeddingOf(await sender.send(Reembeddings, startReembedding, { collection, ...input })),
    endedReembedding: async (collection) =>
      reembeddingOf(await ended(() => sender.send(Reembeddings, getReembedding, { collection }))),
    changeReembedding: async (collection, verb) =>
      reembeddingOf(await sender.send(Reembeddings, verbs[verb], { collection })),
  };
}
