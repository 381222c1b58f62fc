import { systemClock, systemRandom } from "@akidb/base";
import { loadConfig, startServer } from "@akidb/server";
import { pino } from "pino";

export interface GrpcServer {
  /** As `connect` takes it. */
  readonly grpcUrl: string;
  close(): Promise<void>;
}

/** A server in this process, on free ports. */
export async function startGrpcServer(
  directory: string,
  flags: Readonly<Record<string, string>> = {},
): Promise<GrpcServer> {
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
  return { grpcUrl: `grpc://${server.grpcAddress}`, close: () => server.close() };
}
