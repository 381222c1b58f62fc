import { systemClock, systemRandom } from "@akidb/base";
import { loadConfig, startServer } from "@akidb/server";
import { pino } from "pino";

export interface ServerHere {
  /** As `connect` takes them. */
  readonly url: string;
  readonly grpcUrl: string;
  close(): Promise<void>;
}

/** A server in this process, on free ports. */
export async function startServerHere(
  directory: string,
  flags: Readonly<Record<string, string>> = {},
): Promise<ServerHere> {
  const config = loadConfig({
    flags: {
      "--rest-port": "0",
      "--grpc-port": "0",
      "--data-dir": directory,
      "--wal-sync": "never",
      ...flags,
    },
    environment: {},
    readFile: () => "",
    isTerminal: false,
  });
  const server = await startServer(config, {
    clock: systemClock,
    random: systemRandom,
    logger: pino({ level: "silent" }),
    command: "test",
  });
  return { url: server.url, grpcUrl: `grpc://${server.grpcAddress}`, close: () => server.close() };
}
