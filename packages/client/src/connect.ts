import { type AkiDb, type CallOptions, type Random, systemRandom } from "@akidb/base";
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
import { restAccess } from "./restAccess.ts";
import { restAuditLog } from "./restAuditLog.ts";
import { restCollections } from "./restCollections.ts";
import { restPolicies } from "./restPolicies.ts";
import { createRestRequests, type Fetch, type RestRequests, readAnswer } from "./restRequests.ts";
import { databasesPath, restTenancy } from "./restTenancy.ts";
import { restUsage } from "./restUsage.ts";
import { parseServerUrl, pathSegment } from "./serverUrl.ts";

/** Longer than the server's own limit, whose answer says more than a timer here could. */
const timeoutMsDefault = 60_000;

export interface ConnectOptions extends Credentials {
  /** `http://127.0.0.1:8080`, or one that begins with https. */
  readonly url: string;
  /** The platform's own if absent. */
  readonly fetch?: Fetch;
  /** Of a call with all its attempts, where the call does not say; 60,000 if absent. */
  readonly timeoutMs?: number;
  /** Jitter of the waits between attempts; the platform's own if absent. */
  readonly random?: Random;
}

const backupsPath = "/api/v1/backups";
const verificationsPath = "/api/v1/verifications";

/**
 * The database behind a REST server; works in Node, Deno, Bun and browsers. Nothing is sent before the first call.
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
  const url = parseServerUrl(options.url);
  return restDatabase(createRestRequests({ url, fetch, random, timeoutMs, credentials }));
}

/** @param database by name or id; that called `default` if undefined */
function restDatabase(requests: RestRequests, database?: string): AkiDb {
  return {
    ...restCollections(requests, () =>
      database === undefined
        ? "/api/v1/collections"
        : `${databasesPath}/${pathSegment("database", database)}/collections`,
    ),

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
