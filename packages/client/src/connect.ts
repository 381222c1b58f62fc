import { type AkiDb, type CallOptions, invalidArgument, type Random, systemRandom } from "@akidb/base";
import {
  BackupResource,
  backupFromWire,
  EmbedResponse,
  embedResultFromWire,
  embedToWire,
  startBackupToWire,
  VerificationResource,
  verificationFromWire,
} from "@akidb/protocol";
import { checkTimeoutMs } from "./callSignal.ts";
import { type Credentials, credentialHeaders } from "./credentials.ts";
import { type GrpcAddress, isGrpcUrl, parseGrpcUrl } from "./grpc/grpcAddress.ts";
import { grpcDatabase } from "./grpc/grpcDatabase.ts";
import type { TlsOptions } from "./grpc/tlsOptions.ts";
import { readAnswer } from "./readAnswer.ts";
import { restAccess } from "./restAccess.ts";
import { restAuditLog } from "./restAuditLog.ts";
import { restCollections } from "./restCollections.ts";
import { restModels } from "./restModels.ts";
import { restObjectStore } from "./restObjectStore.ts";
import { restPolicies } from "./restPolicies.ts";
import { createRestRequests, type Fetch, type RestRequests } from "./restRequests.ts";
import { databasesPath, restTenancy } from "./restTenancy.ts";
import { restTierMetrics } from "./restTiers.ts";
import { restUsage } from "./restUsage.ts";
import { parseServerUrl, pathSegment } from "./serverUrl.ts";

/** Longer than the server's own limit, whose answer says more than a timer here could. */
const timeoutMsDefault = 60_000;

export interface ConnectOptions extends Credentials {
  /**
   * `http://127.0.0.1:8080` for REST, `grpc://127.0.0.1:9090` for gRPC, which only Node and what is like it speak; with
   * encryption, https and grpcs.
   */
  readonly url: string;
  /** Of REST; the platform's own if absent. */
  readonly fetch?: Fetch;
  /** Of grpcs; for https the environment says whom Node trusts. */
  readonly tls?: TlsOptions;
  /** Of a call with all its attempts, where the call does not say; 60,000 if absent. */
  readonly timeoutMs?: number;
  /** Jitter of the waits between attempts; the platform's own if absent. */
  readonly random?: Random;
}

const backupsPath = "/api/v1/backups";
const verificationsPath = "/api/v1/verifications";

/**
 * The database behind a server: over REST in Node, Deno, Bun and browsers, over gRPC in all but browsers. Nothing is sent
 * before the first call.
 *
 * Where no answer comes, or the server asks to come back, a call is tried up to four times with growing waits, as long
 * as its timeout allows; what might then be done twice is tried again only if the server says that it did nothing.
 *
 * @throws AkiDbError `invalid_argument`
 */
export function connect(options: ConnectOptions): AkiDb {
  const { fetch = globalThis.fetch, timeoutMs = timeoutMsDefault, random = systemRandom } = options;
  checkTimeoutMs(timeoutMs);
  const credentials = credentialHeaders(options);
  if (isGrpcUrl(options.url)) {
    const address = parseGrpcUrl(options.url);
    const tls = grpcTls(options, address);
    return grpcDatabase({ address, random, timeoutMs, credentials, tls });
  }
  if (options.tls !== undefined) throw invalidArgument("tls", "goes with a url that begins with grpcs");
  const url = parseServerUrl(options.url);
  return restDatabase(createRestRequests({ url, fetch, random, timeoutMs, credentials }));
}

/** What says how to speak is refused where it says nothing. */
function grpcTls({ fetch, tls }: ConnectOptions, { isSecure }: GrpcAddress): TlsOptions {
  if (fetch !== undefined) throw invalidArgument("fetch", "goes with a url that begins with http");
  if (tls !== undefined && !isSecure) throw invalidArgument("tls", "goes with a url that begins with grpcs");
  return tls ?? {};
}

/** @param database by name or id; that called `default` if undefined */
function restDatabase(requests: RestRequests, database?: string): AkiDb {
  const root = (): string =>
    database === undefined ? "/api/v1" : `${databasesPath}/${pathSegment("database", database)}`;
  return {
    ...restCollections(requests, () => `${root()}/collections`),
    tierMetrics: restTierMetrics(requests, root),

    database: (nameOrId) => restDatabase(requests, nameOrId),
    ...restTenancy(requests),

    embed: async (input, options?: CallOptions) => {
      const body = await requests.send({
        method: "POST",
        path: "/api/v1/embed",
        body: () => embedToWire(input),
        repeatable: true,
        options,
      });
      return readAnswer(EmbedResponse, embedResultFromWire, body);
    },

    ...restObjectStore(requests),
    models: restModels(requests),
    policies: restPolicies(requests),
    usage: restUsage(requests),

    auditLog: restAuditLog(requests),

    startVerification: async (options) => {
      const path = verificationsPath;
      const body = await requests.send({ method: "POST", path, repeatable: true, options });
      return readAnswer(VerificationResource, verificationFromWire, body);
    },

    getVerification: async (id, options) => {
      const path = `${verificationsPath}/${pathSegment("verification", id)}`;
      const body = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(VerificationResource, verificationFromWire, body);
    },

    startBackup: async ({ to, ownerProof, ...options } = {}) => {
      const body = await requests.send({
        method: "POST",
        path: backupsPath,
        body: () =>
          startBackupToWire({
            ...(to !== undefined && { to }),
            ...(ownerProof !== undefined && { ownerProof }),
          }),
        // Where the first one has begun it, the second finds it.
        repeatable: true,
        options,
      });
      return readAnswer(BackupResource, backupFromWire, body);
    },

    getBackup: async (id, options) => {
      const path = `${backupsPath}/${pathSegment("backup", id)}`;
      const body = await requests.send({ method: "GET", path, repeatable: true, options });
      return readAnswer(BackupResource, backupFromWire, body);
    },

    ...restAccess(requests),

    close: async () => {},
  };
}
