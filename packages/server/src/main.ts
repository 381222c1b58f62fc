import {
  type Clock,
  failedPrecondition,
  isLoopbackHost,
  type Random,
  requiresCredentials,
  systemClock,
  systemRandom,
  UuidV7Generator,
} from "@akidb/base";
import { type Database, type EngineTuning, noTelemetry, openDatabase } from "@akidb/database";
import type { Logger } from "pino";
import { canSharePorts } from "./adapters/canSharePorts.ts";
import { packageVersion } from "./adapters/packageVersion.ts";
import { createPinoLogger } from "./adapters/pinoLogger.ts";
import { readTls, type TlsMaterial } from "./adapters/readTls.ts";
import { shutdownSignal } from "./adapters/shutdownSignal.ts";
import { type Config, databaseOptions } from "./config/index.ts";
import { logDatabaseEvent } from "./databaseLog.ts";
import { connectionLimits } from "./rest/connectionLimits.ts";
import { parseCrossOrigins } from "./rest/crossOrigin.ts";
import { createRestServer, type RestServerOptions } from "./rest/restServer.ts";
import { openTracing } from "./telemetry/openTracing.ts";
import { PrometheusMetrics } from "./telemetry/prometheusMetrics.ts";
import { ServingThreads } from "./threads/servingThreads.ts";
import type { Addresses } from "./threads/threadMessage.ts";

export interface ServerParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How the process was started, for whoever finds the data directory in use. */
  readonly command: string;
  readonly tuning?: EngineTuning;
}

export interface RunningServer {
  readonly url: string;
  /** Host and port of the gRPC API. */
  readonly grpcAddress: string;
  /** The first admin key, where one was made at this start: to be shown once, and kept nowhere. */
  readonly madeKey: string | undefined;
  /** Stops accepting, finishes what is in flight within the request timeout, then lets go of the data directory. */
  close(): Promise<void>;
}

/**
 * Opens the database and listens. Collections may still load when it resolves: `/ready` tells when they are there.
 *
 * @throws AkiDbError what an operator can mend: a port in use, a data directory in use or not writable, a host that is
 *   not loopback
 */
export async function startServer(config: Config, parts: ServerParts): Promise<RunningServer> {
  const { clock, random, logger, command, tuning = {} } = parts;
  const { host } = config.server;
  const tls = readTls(config.server, clock);
  const metrics = config.features.metricsEnabled ? new PrometheusMetrics() : undefined;
  const tracing = await openTracing(config.tracing, { clock, logger, version: packageVersion });
  const database = await openDatabase({
    ...databaseOptions(config),
    requiresCredentials: requiresCredentials(config.auth.mode, [host]),
    searchingThreads: config.server.threads,
    directory: config.data.dir,
    clock,
    random,
    log: (event) => logDatabaseEvent(logger, event),
    telemetry: { meter: metrics?.database ?? noTelemetry.meter, tracer: tracing },
    command,
    tuning,
  });
  try {
    const madeKey = await database.makeFirstKey(config.auth.bootstrapApiKey);
    const transports = await openTransports(config, {
      database,
      tls,
      isLoopback: isLoopbackHost(host),
      requiresCredentials: requiresCredentials(config.auth.mode, [host]),
      crossOrigins: parseCrossOrigins(config.server.corsOrigins),
      isMcpEnabled: config.features.mcpEnabled,
      clock,
      ids: new UuidV7Generator(clock, random),
      logger,
      timeoutMs: config.server.timeoutSeconds * 1_000,
      tracing,
      metrics,
      version: packageVersion,
      bodyBytesMax: config.limits.maxBodyBytes,
      batchDocumentsMax: config.limits.maxBatchDocuments,
    });
    try {
      const { url, grpcAddress } = await transports.listen();
      warnOfEnd(parts, tls);
      database.setUrl(url);
      const close = () => closeAll(transports, database, tracing);
      return { url, grpcAddress, madeKey, close };
    } catch (error) {
      await transports.close();
      throw error;
    }
  } catch (error) {
    await database.close();
    await tracing.close();
    throw error;
  }
}

interface TransportParts extends RestServerOptions {
  readonly database: Database;
  readonly metrics: PrometheusMetrics | undefined;
}

interface Transports {
  listen(): Promise<Addresses>;
  close(): Promise<void>;
}

/** In this thread or, where it is so configured, in others. */
const openTransports = (config: Config, parts: TransportParts): Promise<Transports> =>
  config.server.threads === 0 ? openTransportsHere(config, parts) : openThreads(config, parts);

async function openTransportsHere({ server }: Config, parts: TransportParts): Promise<Transports> {
  const { host, restPort, grpcPort } = server;
  const rest = await createRestServer(parts);
  // The command line's other commands, which load this file, too, do without gRPC's libraries.
  const { createGrpcServer } = await import("./grpc/grpcServer.ts");
  const { metrics, bodyBytesMax: messageBytesMax } = parts;
  const grpc = createGrpcServer({ ...parts, meter: metrics?.grpc, messageBytesMax });
  return {
    listen: async () => {
      const url = await rest.listen({ host, port: restPort });
      return { url, grpcAddress: await grpc.listen({ host, port: grpcPort }) };
    },
    close: async () => {
      await Promise.allSettled([rest.close(), grpc.close()]);
    },
  };
}

async function openThreads({ server, logging }: Config, parts: TransportParts): Promise<Transports> {
  const { host, restPort, grpcPort, threads: count } = server;
  if (count > 1 && !canSharePorts) {
    throw failedPrecondition(
      "server.threads: more than 1 share the ports, which needs Linux and Node 23.1 or newer; set it to 1 or 0",
    );
  }
  const { database, clock, logger, metrics, tracing: _, ids: __, ...options } = parts;
  const level = logger.level as Config["logging"]["level"];
  return new ServingThreads({
    count,
    database,
    clock,
    logger,
    metrics,
    data: {
      options: { ...options, connectionsMax: Math.ceil(connectionLimits.connectionsMax / count) },
      address: { host, restPort, grpcPort, isShared: count > 1 },
      logging: { ...logging, level },
      isMeasured: metrics !== undefined,
      generation: database.generation,
      anonymous: options.requiresCredentials ? undefined : await database.authenticate({ kind: "none" }),
    },
  });
}

/** One after the other, whatever fails: what the last requests did is traced, too. */
async function closeAll(...parts: readonly { close(): Promise<void> }[]): Promise<void> {
  const [first, ...others] = parts;
  if (first === undefined) return;
  await first.close().finally(() => closeAll(...others));
}

const certificateWarningMs = 14 * 86_400_000;

function warnOfEnd({ logger, clock }: ServerParts, tls: TlsMaterial | undefined): void {
  if (tls === undefined || Date.parse(tls.notAfter) - clock.nowMs() > certificateWarningMs) return;
  logger.warn(
    { notAfter: tls.notAfter },
    "the certificate of server.tls_cert ends soon; put a new one there and start again",
  );
}

export interface ServeOptions extends Pick<ServerParts, "command" | "tuning"> {
  /** Shows the first admin key to whoever starts the server; logs must not have it. */
  readonly showKey: (key: string) => void;
}

const whoMayCall = ({ auth, server }: Config): string =>
  requiresCredentials(auth.mode, [server.host])
    ? "requests need an API key or a session"
    : "requests without credentials act as the default tenant's admin";

/** Runs a server until SIGINT or SIGTERM; resolves when everything is written and closed. */
export async function serve(config: Config, { command, showKey, tuning = {} }: ServeOptions): Promise<void> {
  const logger = createPinoLogger(config.logging);
  const server = await startServer(config, {
    clock: systemClock,
    random: systemRandom,
    logger,
    command,
    tuning,
  });
  const stopped = shutdownSignal(systemClock);
  logger.info(
    { url: server.url, grpc: server.grpcAddress, dataDir: config.data.dir },
    `AkiDB ${packageVersion} at ${server.url}, gRPC at ${server.grpcAddress}, data in ${config.data.dir}; ${whoMayCall(config)}`,
  );
  if (server.madeKey !== undefined) showKey(server.madeKey);
  const signal = await stopped;
  logger.info({ signal }, "stopping");
  await server.close();
}
