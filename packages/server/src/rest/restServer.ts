import type { Socket } from "node:net";
import { type IdGenerator, invalidArguments, notFound } from "@akidb/base";
import { mergePatchContentType } from "@akidb/protocol";
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from "fastify";
import type { Logger } from "pino";
import type { ServedMetrics } from "../telemetry/servedMetrics.ts";
import { addApiKeyRoutes } from "./apiKeyRoutes.ts";
import { addAuditLogRoutes } from "./auditLogRoutes.ts";
import { addAuthRoutes } from "./authRoutes.ts";
import { addBackupRoutes } from "./backupRoutes.ts";
import { drainBody, limitBodyTime } from "./bodyTime.ts";
import { callerOf } from "./callerOf.ts";
import { createClientErrorHandler } from "./clientError.ts";
import { addCollectionRoutes } from "./collectionRoutes.ts";
import { compileOnUse } from "./compileOnUse.ts";
import { compressAnswers } from "./compressAnswers.ts";
import { connectionLimits } from "./connectionLimits.ts";
import { addContentRoutes } from "./contentRoutes.ts";
import { allowCrossOrigins } from "./crossOrigin.ts";
import { addDatabaseRoutes } from "./databaseRoutes.ts";
import { decompressBodies } from "./decompressBody.ts";
import { addDocsPage } from "./docsPage.ts";
import { addDocumentRoutes } from "./documentRoutes.ts";
import { addEmbedRoute } from "./embedRoute.ts";
import { addHealthRoutes } from "./healthRoutes.ts";
import { addJobRoutes } from "./jobRoutes.ts";
import { keepWhileWorking } from "./keepWhileWorking.ts";
import { limitStrangers } from "./limitStrangers.ts";
import { type ListenAddress, listen } from "./listen.ts";
import { requireLocalCaller } from "./loopback.ts";
import { McpRequestsInFlight } from "./mcpRequestsInFlight.ts";
import { addMcpRoute } from "./mcpRoute.ts";
import { collectMethods, refuseOtherMethods } from "./methodNotAllowed.ts";
import { addMetricsRoute } from "./metricsRoute.ts";
import { addModelRoutes } from "./modelRoutes.ts";
import { addObjectStoreRoutes } from "./objectStoreRoutes.ts";
import { observeRequests } from "./observeRequests.ts";
import { requireOneHost } from "./oneHost.ts";
import { addOpenAiRoutes } from "./openAiRoutes.ts";
import { addOpenApi, addOpenApiRoute } from "./openApi.ts";
import { parseJson } from "./parseJson.ts";
import { addPolicyRoutes } from "./policyRoutes.ts";
import { addQueryRoutes } from "./queryRoute.ts";
import { parseQueryString } from "./queryString.ts";
import { limitRate } from "./rateLimit.ts";
import { addReembeddingRoutes } from "./reembeddingRoutes.ts";
import { refuse } from "./refusal.ts";
import { requestIdOf } from "./requestId.ts";
import type { RestContext } from "./restContext.ts";
import { requireDeclaredAccess } from "./route.ts";
import { schemaViolation } from "./schemaViolation.ts";
import { addScrollRoute } from "./scrollRoute.ts";
import { addSnapshotRoutes } from "./snapshotRoutes.ts";
import { addTenantRoutes } from "./tenantRoutes.ts";
import { addTierRoutes } from "./tierRoutes.ts";
import { addUpsertRoute } from "./upsertRoute.ts";
import { addUsageRoutes } from "./usageRoutes.ts";
import { addUserRoutes } from "./userRoutes.ts";
import { addVerificationRoutes } from "./verificationRoutes.ts";

export interface RestServerOptions extends Omit<RestContext, "meter"> {
  /** Undefined where nothing is measured: there is no `/metrics` then. */
  readonly metrics: ServedMetrics | undefined;
  readonly ids: IdGenerator;
  /** Whether it speaks the Model Context Protocol. */
  readonly isMcpEnabled: boolean;
  /** Of which other threads may be told, and tell. */
  readonly mcpRequests?: McpRequestsInFlight;
  /** Those that are more are closed at once. */
  readonly connectionsMax?: number;
  /** Plain HTTP if undefined. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
}

export interface RestServer {
  /** @throws AkiDbError `failed_precondition` where the port or the address cannot be had */
  listen(address: ListenAddress): Promise<string>;
  /** Stops accepting, waits for requests in flight up to their timeout, and cuts what then is left. */
  close(): Promise<void>;
  /** As many as are open now, after each change. */
  onConnectionCount(tell: (count: number) => void): void;
}

/** The REST API over a database, not yet listening. */
export async function createRestServer(options: RestServerOptions): Promise<RestServer> {
  const app = await createApp(options);
  return {
    listen: (address) => listen(app, { ...address, scheme: options.tls === undefined ? "http" : "https" }),
    onConnectionCount: (tell) => {
      let count = 0;
      app.server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
        tell(++count);
        socket.once("close", () => tell(--count));
      });
    },
    close: async () => {
      const cut = setTimeout(() => app.server.closeAllConnections(), options.timeoutMs);
      await app.close().finally(() => clearTimeout(cut));
    },
  };
}

const httpOptions = {
  headersTimeout: connectionLimits.headersTimeoutMs,
  connectionsCheckingInterval: connectionLimits.headersTimeoutMs / 2,
  // Refused by the check of the Host header, with a problem.
  requireHostHeader: false,
  maxHeaderSize: connectionLimits.headerBytesMax,
};

async function createApp({
  ids,
  tls,
  isMcpEnabled,
  metrics,
  mcpRequests: inFlight = new McpRequestsInFlight(),
  connectionsMax = connectionLimits.connectionsMax,
  ...options
}: RestServerOptions): Promise<FastifyInstance> {
  const context: RestContext = { ...options, meter: metrics?.http };
  const { logger, timeoutMs, bodyBytesMax } = context;
  const app: FastifyInstance = fastify({
    // One line for each request is written below; of Fastify's own only what is wrong.
    loggerInstance: warningsOf(logger),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: (raw) => requestIdOf(raw, ids),
    bodyLimit: bodyBytesMax,
    return503OnClosing: false,
    keepAliveTimeout: connectionLimits.keepAliveTimeoutMs,
    // Of silence on a connection, but for that of the server while it works.
    connectionTimeout: timeoutMs + connectionLimits.drainTimeoutMs,
    http: httpOptions,
    ...(tls !== undefined && { https: { ...httpOptions, ...tls, minVersion: "TLSv1.2" } }),
    routerOptions: {
      maxParamLength: connectionLimits.pathSegmentCharactersMax,
      querystringParser: parseQueryString,
    },
    schemaController: { compilersFactory: compileOnUse },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        // The first violation ends validation, so that a hostile body costs no more than a good one.
        allErrors: false,
        verbose: true,
        // How OpenAPI writes a list in a query string.
        keywords: ["style", "explode"],
      },
    },
    schemaErrorFormatter: (errors) => invalidArguments([schemaViolation(errors)]),
    clientErrorHandler: createClientErrorHandler(ids),
    frameworkErrors: (error, request, reply) => refuse(error, request, reply, context),
  });
  app.server.maxConnections = connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ["application/json", mergePatchContentType],
    { parseAs: "buffer" },
    async (_request: unknown, body: Buffer) => (body.length === 0 ? undefined : parseJson(body)),
  );
  app.setErrorHandler((error, request, reply) => refuse(error, request, reply, context));
  app.setNotFoundHandler((request, reply) => refuse(notFound("this resource"), request, reply, context));
  addHooks(app, context);
  await addOpenApi(app, context.version);
  await addDocsPage(app);
  requireDeclaredAccess(app);
  const methodsByUrl = collectMethods(app);
  await addRoutes(app, context);
  if (isMcpEnabled) await app.register(async (scope) => addMcpRoute(scope, context, { ids, inFlight }));
  if (metrics !== undefined) addMetricsRoute(app, context, metrics);
  refuseOtherMethods(app, methodsByUrl);
  await app.ready();
  return app;
}

const warningsOf = (logger: Logger): FastifyBaseLogger =>
  logger.child({}, { level: logger.isLevelEnabled("warn") ? "warn" : logger.level });

async function addRoutes(app: FastifyInstance, context: RestContext): Promise<void> {
  addOpenApiRoute(app);
  addHealthRoutes(app, context);
  addCollectionRoutes(app, context);
  addDocumentRoutes(app, context);
  addContentRoutes(app, context);
  addScrollRoute(app, context);
  addQueryRoutes(app, context);
  addSnapshotRoutes(app, context);
  addTierRoutes(app, context);
  addVerificationRoutes(app, context);
  addBackupRoutes(app, context);
  addPolicyRoutes(app, context);
  addTenantRoutes(app, context);
  addDatabaseRoutes(app, context);
  addJobRoutes(app, context);
  addReembeddingRoutes(app, context);
  addModelRoutes(app, context);
  addObjectStoreRoutes(app, context);
  addAuditLogRoutes(app, context);
  addEmbedRoute(app, context);
  addOpenAiRoutes(app, context);
  addUsageRoutes(app, context);
  addUserRoutes(app, context);
  addApiKeyRoutes(app, context);
  addAuthRoutes(app, context);
  await app.register(async (scope) => addUpsertRoute(scope, context));
}

function addHooks(app: FastifyInstance, context: RestContext): void {
  const { timeoutMs, isLoopback, crossOrigins, bodyBytesMax } = context;
  observeRequests(app, context);
  keepWhileWorking(app);
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.decorateRequest("caller", undefined);
  app.decorateRequest("database", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    requireOneHost(request);
    if (isLoopback) requireLocalCaller(request, crossOrigins);
    done();
  });
  allowCrossOrigins(app, crossOrigins);
  app.addHook("onRequest", async (request, reply) => {
    limitBodyTime(request, reply, timeoutMs);
    request.caller = await callerOf(request, context);
    await limitRate(request.caller, reply, context);
  });
  decompressBodies(app, bodyBytesMax);
  limitStrangers(app);
  compressAnswers(app);
  app.addHook("onSend", (_request, reply, _payload, done) => {
    // Otherwise an open connection would hold up the end.
    if (isClosing) reply.header("connection", "close");
    done();
  });
  app.addHook("onResponse", (request, _reply, done) => {
    drainBody(request);
    done();
  });
}
