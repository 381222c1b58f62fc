import { once } from "node:events";
import { createServer, type Socket } from "node:net";

export interface SharedListener {
  readonly port: number;
  /** Takes no further connections. */
  close(): void;
}

export interface SharedAddress {
  readonly host: string;
  readonly port: number;
  /** The next is closed at once. */
  readonly connectionsMax: number;
}

/** Takes connections of a port at which others of this process listen, too; the system gives each its share. */
export async function listenShared(
  { host, port, connectionsMax }: SharedAddress,
  onConnection: (socket: Socket) => void,
): Promise<SharedListener> {
  const server = createServer({ noDelay: true }, onConnection);
  server.maxConnections = connectionsMax;
  server.listen({ host, port, reusePort: true });
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () => void server.close(),
  };
}

/** Whether nobody listens there: whoever shares a port would share it with a stranger, too. Rejects as listening does. */
export async function requireUnused({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<void> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, "listening");
  server.close();
  await once(server, "close");
}
