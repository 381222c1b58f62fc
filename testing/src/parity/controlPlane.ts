import { setTimeout as pause } from "node:timers/promises";
import type {
  AkiDb,
  CollectGarbageInput,
  CreateApiKeyInput,
  CreateDatabaseInput,
  CreatePolicyInput,
  CreateTenantInput,
  CreateUserInput,
  ListApiKeysInput,
  OfTenant,
  PageRequest,
  PolicyChange,
  ReembeddingInfo,
  RestoreOptions,
  SimulationInput,
  StartReembeddingInput,
  TierAction,
  UpdateDatabaseInput,
  UpdateTenantInput,
  UpdateUserInput,
  UsageOptions,
} from "@akidb/base";

/** The same as {@link Requests} of whoever administers. */
export interface ControlPlane {
  createTenant(input: CreateTenantInput): Promise<unknown>;
  listTenants(page: PageRequest): Promise<unknown>;
  getTenant(tenant: string): Promise<unknown>;
  updateTenant(tenant: string, changes: UpdateTenantInput): Promise<unknown>;
  deleteTenant(tenant: string): Promise<unknown>;
  createDatabase(input: CreateDatabaseInput): Promise<unknown>;
  listDatabases(page: PageRequest): Promise<unknown>;
  getDatabase(database: string): Promise<unknown>;
  updateDatabase(database: string, changes: UpdateDatabaseInput): Promise<unknown>;
  deleteDatabase(database: string): Promise<unknown>;
  getJob(job: string): Promise<unknown>;
  resetCircuitBreakers(): Promise<unknown>;
  listDeadLetters(page: PageRequest): Promise<unknown>;
  retryDeadLetters(collectionId: string): Promise<unknown>;
  collectGarbage(input: CollectGarbageInput): Promise<unknown>;
  /** Waits for its end. */
  startGarbageCollection(input: CollectGarbageInput): Promise<unknown>;
  getGarbageReport(job: string): Promise<unknown>;
  cancelGarbageCollection(job: string): Promise<unknown>;
  listModels(): Promise<unknown>;
  getModel(model: string): Promise<unknown>;
  switchModel(model: string): Promise<unknown>;
  createUser(input: CreateUserInput): Promise<unknown>;
  listUsers(input: OfTenant & PageRequest): Promise<unknown>;
  getUser(user: string, options: OfTenant): Promise<unknown>;
  updateUser(user: string, changes: UpdateUserInput, options: OfTenant): Promise<unknown>;
  deleteUser(user: string, options: OfTenant): Promise<unknown>;
  createApiKey(input: CreateApiKeyInput): Promise<unknown>;
  listApiKeys(input: ListApiKeysInput): Promise<unknown>;
  /** By the name of the key, of which there is one. */
  getApiKey(name: string): Promise<unknown>;
  revokeApiKey(name: string): Promise<unknown>;
  deleteApiKey(name: string): Promise<unknown>;
  createPolicy(input: CreatePolicyInput): Promise<unknown>;
  listPolicies(page: PageRequest): Promise<unknown>;
  getPolicy(policy: string): Promise<unknown>;
  updatePolicy(policy: string, change: PolicyChange): Promise<unknown>;
  deletePolicy(policy: string): Promise<unknown>;
  validatePolicy(cedarText: string): Promise<unknown>;
  simulatePolicies(input: SimulationInput): Promise<unknown>;
  listShippedPolicies(): Promise<unknown>;
  getUsage(options: UsageOptions): Promise<unknown>;
  getPermissions(database: string): Promise<unknown>;
  createSnapshot(collection: string): Promise<unknown>;
  listSnapshots(collection: string): Promise<unknown>;
  /** The newest one. */
  restoreSnapshot(collection: string, options: RestoreOptions): Promise<unknown>;
  /** How many bytes of Parquet the newest one has. */
  downloadSnapshot(collection: string): Promise<{ readonly isWhole: boolean; readonly begins: string }>;
  deleteSnapshot(collection: string): Promise<unknown>;
  getTier(collection: string): Promise<unknown>;
  changeTier(collection: string, action: TierAction): Promise<unknown>;
  getTierMetrics(): Promise<unknown>;
  startReembedding(collection: string, input: StartReembeddingInput): Promise<unknown>;
  /** The latest one, once nothing of it goes on. */
  endedReembedding(collection: string): Promise<unknown>;
  changeReembedding(collection: string, verb: ReembeddingVerb): Promise<unknown>;
}

export type ReembeddingVerb = "pause" | "resume" | "cancel" | "rollback";

/** Without what depends on the moment. */
export function steady(info: Partial<ReembeddingInfo>): object {
  const { documentsDone, documentsTotal, documentsPerSecond, secondsLeft, ...rest } = info;
  return rest;
}

export async function ended<Info extends { readonly state: string }>(
  get: () => Promise<Info>,
): Promise<Info> {
  for (;;) {
    const info = await get();
    if (info.state !== "copying" && info.state !== "catching_up") return info;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export const controlPlaneOf = (db: AkiDb): ControlPlane => {
  const keyNamed = async (name: string): Promise<string> =>
    (await db.apiKeys.list()).items.find((key) => key.name === name)?.id ?? name;
  const newest = async (collection: string): Promise<string> =>
    (await db.collection(collection).listSnapshots()).items.at(-1)!.id;
  return {
    createTenant: (input) => db.tenants.create(input),
    listTenants: (page) => db.tenants.list(page),
    getTenant: (tenant) => db.tenants.get(tenant),
    updateTenant: (tenant, changes) => db.tenants.update(tenant, changes),
    deleteTenant: async (tenant) => (await db.tenants.delete(tenant)).resource,
    createDatabase: (input) => db.databases.create(input),
    listDatabases: (page) => db.databases.list(page),
    getDatabase: (database) => db.databases.get(database),
    updateDatabase: (database, changes) => db.databases.update(database, changes),
    deleteDatabase: async (database) => (await db.databases.delete(database)).resource,
    getJob: (job) => db.jobs.get(job),
    resetCircuitBreakers: () => db.resetCircuitBreakers(),
    listDeadLetters: (page) => db.deadLetters.list(page),
    collectGarbage: (input) => db.collectGarbage(input),
    startGarbageCollection: async (input) => {
      const { id, kind } = await db.garbageCollections.start(input);
      while ((await db.jobs.get(id)).state === "running") await pause(5);
      return { kind, report: await db.garbageCollections.report(id) };
    },
    getGarbageReport: (job) => db.garbageCollections.report(job),
    cancelGarbageCollection: (job) => db.garbageCollections.cancel(job),
    retryDeadLetters: (collectionId) => db.deadLetters.retry(collectionId),
    listModels: () => db.models.list(),
    getModel: (model) => db.models.get(model),
    switchModel: (model) => db.models.switchTo(model),
    createUser: (input) => db.users.create(input),
    listUsers: (input) => db.users.list(input),
    getUser: (user, options) => db.users.get(user, options),
    updateUser: (user, changes, options) => db.users.update(user, changes, options),
    deleteUser: (user, options) => db.users.delete(user, options),
    createApiKey: (input) => db.apiKeys.create(input),
    listApiKeys: (input) => db.apiKeys.list(input),
    getApiKey: async (name) => await db.apiKeys.get(await keyNamed(name)),
    revokeApiKey: async (name) => await db.apiKeys.revoke(await keyNamed(name)),
    deleteApiKey: async (name) => await db.apiKeys.delete(await keyNamed(name)),
    createPolicy: (input) => db.policies.create(input),
    listPolicies: (page) => db.policies.list(page),
    getPolicy: (policy) => db.policies.get(policy),
    updatePolicy: (policy, change) => db.policies.update(policy, change),
    deletePolicy: (policy) => db.policies.delete(policy),
    validatePolicy: (cedarText) => db.policies.validate(cedarText),
    simulatePolicies: (input) => db.policies.simulate(input),
    listShippedPolicies: () => db.policies.shipped(),
    getUsage: (options) => db.usage(options),
    getPermissions: (database) => db.auth.permissions({ database }),
    getTier: (collection) => db.collection(collection).getTier(),
    changeTier: (collection, action) => db.collection(collection).changeTier(action),
    getTierMetrics: () => db.tierMetrics(),
    createSnapshot: (collection) => db.collection(collection).createSnapshot(),
    listSnapshots: (collection) => db.collection(collection).listSnapshots(),
    restoreSnapshot: async (collection, options) => {
      const info = await db.collection(collection).restoreSnapshot(await newest(collection), options);
      return { name: info.name, documentCount: info.documentCount, state: info.state };
    },
    downloadSnapshot: async (collection) => {
      const { body, sizeBytes } = await db.collection(collection).downloadSnapshot(await newest(collection));
      const bytes = new Uint8Array(await new Response(body).arrayBuffer());
      return { isWhole: bytes.length === sizeBytes, begins: Buffer.from(bytes.subarray(0, 4)).toString() };
    },
    deleteSnapshot: async (collection) =>
      await db.collection(collection).deleteSnapshot(await newest(collection)),
    startReembedding: async (collection, input) =>
      steady(await db.collection(collection).reembedding.start(input)),
    endedReembedding: async (collection) =>
      steady(await ended(() => db.collection(collection).reembedding.get())),
    changeReembedding: async (collection, verb) =>
      steady(await db.collection(collection).reembedding[verb]()),
  };
};

const replacements: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "an id"],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "a time"],
  [/akidb_[\w-]+/g, "a secret"],
];

/** Without what is another one each time, and without what is absent, which is null in one place and missing in another. */
export function comparable(value: unknown): unknown {
  if (typeof value === "string")
    return replacements.reduce((text, [pattern, what]) => text.replaceAll(pattern, what), value);
  // JSON has no zero that is negative.
  if (value === 0) return 0;
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined && field !== null)
      .map(([key, field]) => [key, comparable(field)]),
  );
}
