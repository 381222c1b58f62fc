import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock, systemRandom } from "@akidb/base";
import { type Logger, pino } from "pino";
import { loadConfig } from "../config/index.ts";
import { type RunningServer, startServer } from "../main.ts";

export interface TestServer extends RunningServer {
  readonly directory: string;
  /** Sends JSON where there is a body, and reads JSON where there is any, text otherwise. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<TestAnswer>;
  /** Sends these very bytes. */
  send(path: string, body: RequestInit["body"], contentType: string): Promise<TestAnswer>;
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came
  readonly body: any;
}

export interface TestServerOptions {
  /** As `akidb serve` takes them. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/** The whole server on a free port, with a data directory of its own that goes when it is closed. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { flags = {}, environment = {}, logger = pino({ level: "silent" }), clock = systemClock } = options;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "akidb-server-")));
  const config = loadConfig({
    flags: {
      "--rest-port": "0",
      "--grpc-port": "0",
      "--data-dir": directory,
      "--wal-sync": "never",
      ...flags,
    },
    environment,
    readFile: () => "",
    isTerminal: false,
  });
  const server = await startServer(config, {
    clock,
    random: systemRandom,
    logger,
    command: "test",
  });
  const request = async (path: string, init: RequestInit): Promise<TestAnswer> => {
    const response = await fetch(server.url + path, init);
    const text = await response.text();
    const isJson = /[/+]json\b/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    url: server.url,
    grpcAddress: server.grpcAddress,
    madeKey: server.madeKey,
    directory,
    close: async () => {
      await server.close();
      if (options.directory === undefined) await rm(directory, { recursive: true });
    },
    call: (method, path, body, headers = {}) =>
      request(path, {
        method,
        headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    send: (path, body, contentType) =>
      request(path, {
        method: "POST",
        headers: { "content-type": contentType },
        ...(body !== undefined && { body }),
        duplex: "half",
      } as RequestInit),
  };
}
