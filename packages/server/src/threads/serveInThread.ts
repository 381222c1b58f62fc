import type { Clock, IdGenerator } from "@akidb/base";
import { LeasedSearches, SharedGeneration } from "@akidb/database";
import type { Logger } from "pino";
import { logDatabaseEvent } from "../databaseLog.ts";
import { createGrpcServer } from "../grpc/grpcServer.ts";
import { McpRequestsInFlight } from "../rest/mcpRequestsInFlight.ts";
import { createRestServer } from "../rest/restServer.ts";
import { passingTracing } from "../telemetry/tracing.ts";
import { KnownIdentities } from "./knownIdentities.ts";
import { MessageBatches, type ThreadPort } from "./messageBatches.ts";
import { RemoteDatabase } from "./remoteDatabase.ts";
import { RemoteMetrics } from "./remoteMetrics.ts";
import { sentError } from "./sentError.ts";
import type { ThreadData } from "./threadData.ts";
import type { FromThread, ToThread } from "./threadMessage.ts";

export interface ServeInThreadParts {
  readonly data: ThreadData;
  readonly port: ThreadPort;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

/** The format that Prometheus' own library writes in the other thread. */
const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

export interface ServedInThread {
  receive(message: ToThread): void;
  /** Resolves when it was told to close, and has. */
  readonly closed: Promise<void>;
}

/** Serves REST and gRPC in this thread, over the database of another. */
export function serveInThread({ data, port, clock, ids, logger }: ServeInThreadParts): ServedInThread {
  const { options, isMeasured, anonymous } = data;
  const generation = new SharedGeneration(data.generation);
  const messages = new MessageBatches<FromThread>(port, (message, cause) => {
    if (message.kind === "ask")
      database.receive({ kind: "refusal", id: message.id, error: sentError(cause) });
  });
  const database: RemoteDatabase = new RemoteDatabase({
    messages,
    anonymous,
    searches: new LeasedSearches({
      clock,
      generation,
      guestNumber: data.number + 1,
      log: (event) => logDatabaseEvent(logger, event),
      onAnswered: (search) => metrics?.searched(search),
    }),
    identities: new KnownIdentities(clock, generation),
  });
  const mcpRequests = new McpRequestsInFlight((key) => messages.send({ kind: "mcp_cancelled", key }));
  const metrics = isMeasured
    ? new RemoteMetrics({
        contentType: metricsContentType,
        tell: (measured) => messages.send({ kind: "measured", measured }),
        render: (gauges) => database.metrics(gauges),
      })
    : undefined;
  const closing = Promise.withResolvers<void>();
  async function serve(): Promise<void> {
    const shared = { ...options, database, clock, ids, logger, tracing: passingTracing };
    const rest = await createRestServer({ ...shared, metrics, mcpRequests });
    const { bodyBytesMax: messageBytesMax } = options;
    const grpc = createGrpcServer({ ...shared, meter: metrics?.grpc, messageBytesMax });
    try {
      const { connectionCounts, number, address } = data;
      const { host, restPort, grpcPort, isShared } = address;
      rest.onConnectionCount((count) => Atomics.store(connectionCounts, number, count));
      const url = await rest.listen({ host, port: restPort, isShared });
      const grpcAddress = await grpc.listen({ host, port: grpcPort, isShared });
      messages.send({ kind: "listening", addresses: { url, grpcAddress } });
      await closing.promise;
    } finally {
      await Promise.allSettled([rest.close(), grpc.close()]);
      metrics?.flush();
      database.close();
    }
  }

  return {
    receive: (message) => {
      switch (message.kind) {
        case "answer":
        case "refusal":
          return database.receive(message);
        case "mcp_cancelled":
          return mcpRequests.cancelKey(message.key);
        case "close":
          return closing.resolve();
      }
    },
    closed: serve().catch((error: unknown) => {
      messages.send({ kind: "not_listening", error: sentError(error) });
    }),
  };
}
