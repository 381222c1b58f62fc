import { type AkiDb, type Collection, failedPrecondition } from "@akidb/base";
import type { GrpcAddress } from "./grpcAddress.ts";

type ElsewhereOfDatabase = Pick<
  AkiDb,
  | "tenants"
  | "databases"
  | "jobs"
  | "users"
  | "apiKeys"
  | "auth"
  | "policies"
  | "auditLog"
  | "usage"
  | "startVerification"
  | "getVerification"
  | "startBackup"
  | "getBackup"
>;

type ElsewhereOfCollection = Pick<
  Collection,
  "createSnapshot" | "listSnapshots" | "deleteSnapshot" | "restoreSnapshot" | "downloadSnapshot"
>;

type Refuse = () => Promise<never>;

const refusing =
  ({ restUrl }: GrpcAddress): Refuse =>
  async () => {
    throw failedPrecondition(
      `this is in the REST API alone: connect to the server's REST address, which is ${restUrl} unless it was given another port`,
    );
  };

/** What the gRPC API does not have. */
export function databaseOverRest(address: GrpcAddress): ElsewhereOfDatabase {
  const refuse = refusing(address);
  const resources = { create: refuse, list: refuse, get: refuse, update: refuse, delete: refuse };
  return {
    tenants: resources,
    databases: resources,
    users: resources,
    jobs: { get: refuse },
    apiKeys: { create: refuse, list: refuse, get: refuse, revoke: refuse, delete: refuse },
    auth: {
      login: refuse,
      refresh: refuse,
      logout: refuse,
      changePassword: refuse,
      me: refuse,
      permissions: refuse,
    },
    policies: { ...resources, validate: refuse, simulate: refuse, shipped: refuse },
    auditLog: { list: refuse, export: refuse, verify: refuse },
    usage: refuse,
    startVerification: refuse,
    getVerification: refuse,
    startBackup: refuse,
    getBackup: refuse,
  };
}

export function snapshotsOverRest(address: GrpcAddress): ElsewhereOfCollection {
  const refuse = refusing(address);
  return {
    createSnapshot: refuse,
    listSnapshots: refuse,
    deleteSnapshot: refuse,
    restoreSnapshot: refuse,
    downloadSnapshot: refuse,
  };
}
