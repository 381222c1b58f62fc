import type { Clock } from "@akidb/base";
import type { Database } from "@akidb/database";
import type { Logger } from "pino";
import { requireUnused } from "../adapters/sharedListener.ts";
import { listenRefusal } from "../listenRefusal.ts";
import type { PrometheusMetrics } from "../telemetry/prometheusMetrics.ts";
import { ServingThread, type StartThread, startServingWorker } from "./servingThread.ts";
import type { ServedAddress, ThreadData } from "./threadData.ts";
import type { Addresses } from "./threadMessage.ts";

export interface ServingThreadsOptions {
  /** At least 1. */
  readonly count: number;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: PrometheusMetrics | undefined;
  readonly data: Omit<ThreadData, "number" | "connectionCounts">;
  readonly startThread?: StartThread;
}

/** Before a thread takes the place of one that failed. */
const restartDelayMs = 1_000;

/** Threads that serve REST and gRPC at the same addresses, each with the connections that the system gives it. */
export class ServingThreads {
  readonly #options: ServingThreadsOptions;
  readonly #connectionCounts: Int32Array<SharedArrayBuffer>;
  /** By their numbers; one that failed until another takes its place, too. */
  readonly #threads: ServingThread[] = [];
  readonly #restarts = new Set<NodeJS.Timeout>();
  #isClosing = false;

  constructor(options: ServingThreadsOptions) {
    this.#options = options;
    this.#connectionCounts = new Int32Array(
      new SharedArrayBuffer(options.count * Int32Array.BYTES_PER_ELEMENT),
    );
  }

  /** @throws AkiDbError `failed_precondition` where a port or the address cannot be had */
  async listen(): Promise<Addresses> {
    const { count, data } = this.#options;
    if (data.address.isShared) await requireUnusedPorts(data.address);
    const addresses = await this.#start(0, data.address).listening;
    const chosen = {
      ...data.address,
      restPort: portOf(addresses.url),
      grpcPort: portOf(`http://${addresses.grpcAddress}`),
    };
    const others = Array.from({ length: count - 1 }, (_, at) => this.#start(at + 1, chosen));
    await Promise.all(others.map(({ listening }) => listening));
    for (const number of this.#threads.keys()) this.#keepAlive(number, chosen);
    return addresses;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const restart of this.#restarts) clearTimeout(restart);
    for (const thread of this.#threads) thread.close();
    await Promise.all(this.#threads.map(({ ended }) => ended));
  }

  #start(number: number, address: ServedAddress): ServingThread {
    const { data, metrics, startThread = startServingWorker, ...parts } = this.#options;
    const connectionCounts = this.#connectionCounts;
    const thread: ServingThread = new ServingThread({
      ...parts,
      startThread,
      data: { ...data, address, connectionCounts, number },
      meters: metrics,
      renderMetrics: async (gauges) => {
        const connectionCount = connectionCounts.reduce((sum, count) => sum + count, 0);
        return (await metrics?.render(gauges, connectionCount)) ?? "";
      },
      onMcpCancelled: (key) => {
        for (const other of this.#threads) if (other !== thread) other.cancelMcp(key);
      },
    });
    this.#threads[number] = thread;
    return thread;
  }

  /** Others go on while one is missing; its connections are gone, as they are when a server fails. */
  #keepAlive(number: number, address: ServedAddress): void {
    void this.#threads[number]?.ended.then(() => {
      if (this.#isClosing) return;
      const restart = setTimeout(() => {
        this.#restarts.delete(restart);
        this.#start(number, address).listening.catch((err: unknown) =>
          this.#options.logger.error({ err }, "a thread that serves could not be started again"),
        );
        this.#keepAlive(number, address);
      }, restartDelayMs);
      this.#restarts.add(restart);
    });
  }
}

async function requireUnusedPorts({ host, restPort, grpcPort }: ServedAddress): Promise<void> {
  const ports = [
    { port: restPort, option: "server.rest_port" },
    { port: grpcPort, option: "server.grpc_port" },
  ];
  for (const { port, option } of ports.filter(({ port }) => port !== 0)) {
    try {
      await requireUnused({ host, port });
    } catch (error) {
      throw listenRefusal(error, { host, port, option });
    }
  }
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}
