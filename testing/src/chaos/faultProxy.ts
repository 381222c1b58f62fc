import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { SeededRandom } from "@akidb/base";

/** What happens to what passes, in both directions, from now on. */
export type NetworkFault =
  | { readonly kind: "none" }
  /** Connections are reset, and none is accepted any more. */
  | { readonly kind: "away" }
  /** Each connection is reset once so many bytes have passed. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "throttle"; readonly bytesPerSecond: number }
  /** One bit of so many bytes is another one. */
  | { readonly kind: "corrupt"; readonly everyBytes: number }
  /** Takes everything and answers nothing. */
  | { readonly kind: "half_open" };

export interface FaultProxy extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly endpoint: string;
  readonly counts: { connections: number; bytes: number; corrupted: number; resets: number };
  become(fault: NetworkFault): void;
}

interface Connection {
  readonly client: Socket;
  readonly upstream: Socket;
  passedBytes: number;
}

/** A TCP proxy on loopback before a server of this machine. */
export async function startFaultProxy(target: string, random: SeededRandom): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const connections = new Set<Connection>();
  const counts = { connections: 0, bytes: 0, corrupted: 0, resets: 0 };
  let fault: NetworkFault = { kind: "none" };

  const reset = (connection: Connection): void => {
    counts.resets += 1;
    connections.delete(connection);
    connection.client.resetAndDestroy();
    connection.upstream.destroy();
  };

  /** @returns what goes on of it; undefined for nothing */
  async function harmed(chunk: Buffer, connection: Connection): Promise<Buffer | undefined> {
    counts.bytes += chunk.length;
    connection.passedBytes += chunk.length;
    switch (fault.kind) {
      case "none":
        return chunk;
      case "away":
        reset(connection);
        return undefined;
      case "cut":
        if (connection.passedBytes <= fault.afterBytes) return chunk;
        reset(connection);
        return undefined;
      case "delay":
        await sleep(fault.delayMs);
        return chunk;
      case "throttle":
        await sleep((1_000 * chunk.length) / fault.bytesPerSecond);
        return chunk;
      case "corrupt": {
        if (random.nextFloat() >= chunk.length / fault.everyBytes) return chunk;
        counts.corrupted += 1;
        const at = random.nextInt(chunk.length);
        chunk[at]! ^= 1 << random.nextInt(8);
        return chunk;
      }
      case "half_open":
        return undefined;
    }
  }

  function pump(from: Socket, to: Socket, connection: Connection): void {
    let turn = Promise.resolve();
    from.on("data", (chunk: Buffer) => {
      from.pause();
      turn = turn.then(async () => {
        const passed = await harmed(chunk, connection);
        if (passed !== undefined && !to.destroyed && !to.write(passed)) {
          await new Promise<void>((resolve) => to.once("drain", resolve).once("close", () => resolve()));
        }
        from.resume();
      });
    });
    from.on("end", () => void turn.then(() => to.end()));
    from.on("close", () => {
      connections.delete(connection);
      to.destroy();
    });
    from.on("error", () => to.destroy());
  }

  const server = createServer((client) => {
    counts.connections += 1;
    if (fault.kind === "away") {
      client.on("error", () => {});
      counts.resets += 1;
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(port), hostname);
    const connection: Connection = { client, upstream, passedBytes: 0 };
    connections.add(connection);
    pump(client, upstream, connection);
    pump(upstream, client, connection);
  });
  const proxyPort = await listen(server);
  return {
    endpoint: `http://127.0.0.1:${proxyPort}`,
    counts,
    become: (next) => {
      const wasHalfOpen = fault.kind === "half_open";
      fault = next;
      // What was swallowed never comes: as where a firewall forgets a connection, it does not come back to life.
      if (next.kind === "away" || wasHalfOpen) for (const connection of [...connections]) reset(connection);
    },
    [Symbol.asyncDispose]: async () => {
      for (const connection of [...connections]) reset(connection);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve, reject) => server.once("listening", resolve).once("error", reject));
  return (server.address() as { port: number }).port;
}
