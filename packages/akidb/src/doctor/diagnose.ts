import { invalidArgument, isAkiDbError } from "@akidb/base";
import { readLockHolder } from "@akidb/database/holder";
import { type Config, loadConfig } from "@akidb/server/config";
import type { Cli } from "../cli.ts";
import type { ConnectionFlags } from "../target/connectionOptions.ts";
import { checkDataDirectory } from "./checkDataDirectory.ts";
import { checkMachine } from "./checkMachine.ts";
import { checkPort, checkServer } from "./checkServer.ts";
import { checkServices } from "./checkServices.ts";
import { type Finding, fine, problem } from "./finding.ts";
import type { Machine } from "./machine.ts";

/** Everything that can be told of a server by its URL, or of this machine as a server would find it. */
export async function diagnose(
  cli: Cli,
  machine: Machine,
  flags: ConnectionFlags,
): Promise<readonly Finding[]> {
  if (flags.url !== undefined) return await checkServer(machine, restAddress(flags.url));
  const config = readConfig(cli, flags);
  if ("check" in config) return [...checkMachine(machine), config];
  const { dir } = config.data;
  return [
    ...checkMachine(machine),
    fine("configuration", "every option is known and within its bounds"),
    ...(await checkDataDirectory(machine, dir)),
    ...(await checkHolder(machine, config)),
    ...(await checkServices(cli, config)),
  ];
}

function readConfig(cli: Cli, flags: ConnectionFlags): Config | Finding {
  try {
    return loadConfig({
      flags: { "--data-dir": flags.dataDir },
      environment: cli.environment,
      readFile: cli.files.readText,
      isTerminal: cli.terminal.outIsTerminal,
    });
  } catch (error) {
    if (!isAkiDbError(error)) throw error;
    return problem("configuration", error.message, "correct the option; docs/configuration.md has them all");
  }
}

/** Of the directory: the server that has it open, or the ports that one would want. */
async function checkHolder(machine: Machine, { data, server }: Config): Promise<readonly Finding[]> {
  const holder = readLockHolder(data.dir);
  if (holder?.url !== undefined) return await checkServer(machine, holder.url);
  const { host, restPort, grpcPort } = server;
  const ports = [
    await checkPort(machine, host, { name: "port", port: restPort, flag: "--port" }),
    await checkPort(machine, host, { name: "gRPC port", port: grpcPort, flag: "--grpc-port" }),
  ];
  if (holder === undefined) return [fine("server", "none has the data directory open"), ...ports];
  return [fine("server", `process ${holder.pid} (${holder.command}) has the data directory open`), ...ports];
}

function restAddress(url: string): string {
  if (/^grpcs?:/i.test(url)) {
    throw invalidArgument("--url", "must be the server's REST address, which begins with http");
  }
  return url.replace(/\/+$/, "");
}
