import { unavailable } from "@akidb/base";
import { type ChannelOptions, logVerbosity, Server, ServerCredentials, setLogVerbosity } from "@grpc/grpc-js";
import { listenShared, type SharedListener } from "../adapters/sharedListener.ts";
import { listenRefusal } from "../listenRefusal.ts";
import { connectionLimits } from "../rest/connectionLimits.ts";
import type { ListenAddress } from "../rest/listen.ts";
import { addServices } from "./addServices.ts";
import { callStatus } from "./callStatus.ts";
import type { GrpcContext } from "./grpcContext.ts";
import { guardCalls, OpenCalls } from "./guardedCall.ts";
import { addHealth } from "./health.ts";
import { limitConnections } from "./limitConnections.ts";
import { addReflection } from "./reflection.ts";

export interface GrpcServerOptions extends GrpcContext {
  /** In plain text if undefined. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** {@link connectionLimits} has the default. */
  readonly connectionsMax?: number;
}

export interface GrpcServer {
  /**
   * @returns host and port, as clients take them
   * @throws AkiDbError `failed_precondition` where the port or the address cannot be had
   */
  listen(address: ListenAddress): Promise<string>;
  /** Stops accepting, waits for calls in flight up to their timeout, and cuts what then is left. */
  close(): Promise<void>;
}

/** The gRPC API over a database, not yet listening. */
export function createGrpcServer({
  tls,
  connectionsMax = connectionLimits.connectionsMax,
  ...context
}: GrpcServerOptions): GrpcServer {
  // It would write to the standard error what is told in the server's own words.
  setLogVerbosity(logVerbosity.NONE);
  const openCalls = new OpenCalls();
  const server = new Server({
    ...connectionOptions,
    "grpc.max_receive_message_length": context.messageBytesMax,
    interceptors: [guardCalls(context, openCalls)],
  });
  const health = addHealth(server, context.database, addServices(server));
  addReflection(server);
  let listener: SharedListener | undefined;
  return {
    listen: async ({ isShared = false, ...address }) => {
      if (!isShared) return await listen(server, { ...address, tls, connectionsMax });
      listener = await listenBesideOthers(server, { ...address, tls, connectionsMax });
      return addressOf(address.host, listener.port);
    },
    close: () => {
      listener?.close();
      health.stop();
      openCalls.endWatchers(callStatus(unavailable("the server is closing"), "", context));
      return shutDown(server, context.timeoutMs);
    },
  };
}

const connectionOptions: ChannelOptions = {
  "grpc.max_send_message_length": -1,
  "grpc.max_concurrent_streams": 256,
  "grpc.max_metadata_size": 16 * 1024,
  // A caller that is gone without a word is found out, and its calls end.
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 20_000,
};

interface Listening {
  readonly host: string;
  readonly port: number;
  readonly tls: GrpcServerOptions["tls"];
  readonly connectionsMax: number;
}

const addressOf = (host: string, port: number): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

const option = "server.grpc_port";

function listen(server: Server, { host, port, tls, connectionsMax }: Listening): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(addressOf(host, port), credentialsOf(tls), (error, bound) => {
      if (error !== null) return reject(listenRefusal(error, { host, port, option }));
      limitConnections(server, connectionsMax);
      resolve(addressOf(host, bound));
    });
  });
}

/** The library cannot share a port itself, and takes connections from whoever can. */
async function listenBesideOthers(
  server: Server,
  { host, port, tls, connectionsMax }: Listening,
): Promise<SharedListener> {
  const injector = server.createConnectionInjector(credentialsOf(tls));
  try {
    return await listenShared({ host, port, connectionsMax }, (socket) => injector.injectConnection(socket));
  } catch (error) {
    throw listenRefusal(error, { host, port, option });
  }
}

const credentialsOf = (tls: GrpcServerOptions["tls"]): ServerCredentials =>
  tls === undefined
    ? ServerCredentials.createInsecure()
    : ServerCredentials.createSsl(null, [
        { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) },
      ]);

function shutDown(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => server.forceShutdown(), timeoutMs);
    server.tryShutdown((error) => {
      clearTimeout(cut);
      if (error === undefined) resolve();
      else reject(error);
    });
  });
}
