import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Match, systemClock, systemRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { open } from "@akidb/database";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { Client, credentials } from "@grpc/grpc-js";
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import { adminTable } from "./parity/adminTable.ts";
import { type ControlPlane, comparable, controlPlaneOf } from "./parity/controlPlane.ts";
import { documentTable } from "./parity/documentTable.ts";
import { grpcControlPlane } from "./parity/grpcControlPlane.ts";
import { grpcRequests } from "./parity/grpcRequests.ts";
import { GrpcSender } from "./parity/grpcSender.ts";
import { type Requests, requestsOf } from "./parity/requests.ts";

const folder = mkdtempSync(join(tmpdir(), "akidb-parity-"));

/** Each transport has one of its own, so that all begin with nothing. */
async function serverIn(name: string, threads = 0): Promise<RunningServer> {
  const flags = {
    "--rest-port": "0",
    "--grpc-port": "0",
    "--data-dir": join(folder, name),
    "--wal-sync": "never",
    "--server-threads": String(threads),
  };
  const config = loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false });
  const logger = pino({ level: "silent" });
  return await startServer(config, { clock: systemClock, random: systemRandom, logger, command: "parity" });
}

const servers = {
  rest: await serverIn("rest"),
  restInThreads: await serverIn("rest-in-threads", 1),
  grpc: await serverIn("grpc"),
  sdk: await serverIn("sdk", 1),
};
const rest = connect({ url: servers.rest.url });
const restInThreads = connect({ url: servers.restInThreads.url });
const sdk = connect({ url: `grpc://${servers.sdk.grpcAddress}` });
const client = new Client(servers.grpc.grpcAddress, credentials.createInsecure());
const sender = new GrpcSender(client, "default");
const inProcess = await open({ path: join(folder, "own"), wal: { sync: "never" } });

type Transport = Requests & ControlPlane;

const transports: Readonly<Record<string, Transport>> = {
  "in-process": { ...requestsOf(inProcess), ...controlPlaneOf(inProcess) },
  REST: { ...requestsOf(rest), ...controlPlaneOf(rest) },
  "REST in threads": { ...requestsOf(restInThreads), ...controlPlaneOf(restInThreads) },
  "the SDK over gRPC, in a thread": { ...requestsOf(sdk), ...controlPlaneOf(sdk) },
  gRPC: { ...grpcRequests(sender), ...grpcControlPlane(sender) },
};

afterAll(async () => {
  client.close();
  await rest.close();
  await restInThreads.close();
  await sdk.close();
  await inProcess.close();
  for (const server of Object.values(servers)) await server.close();
  rmSync(folder, { recursive: true });
});

async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return { done: comparable(inOneOrder(await work)) };
  } catch (error) {
    const { code, message, violations } = error as Readonly<Record<string, unknown>>;
    return comparable({ code, message, violations }) as object;
  }
}

/** Equally good matches have no order of their own. */
function inOneOrder(answer: unknown): unknown {
  const { matches } = (answer ?? {}) as { readonly matches?: readonly Match[] };
  if (!Array.isArray(matches)) return answer;
  const sorted = matches.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  return { ...(answer as object), matches: sorted };
}

/** REST refuses by its schema what the operation would refuse in its own words. */
const shapeIsChecked = new Set([
  "create with a metric that is none",
  "create with a quantization that is none",
  "query with a fusion that is none",
  "update to a policy that is none",
  "create a user of a role that is none",
  "create a key of a role that is none",
]);

const table: Readonly<Record<string, (transport: Transport) => Promise<unknown>>> = {
  ...documentTable,
  ...adminTable,
};

it.each(Object.entries(table))("all transports answer the same: %s", async (name, request) => {
  const outcomes: Record<string, unknown> = {};
  for (const [transport, requests] of Object.entries(transports)) {
    outcomes[transport] = await outcomeOf(request(requests));
  }
  const { "in-process": own, ...others } = outcomes;
  expect(own).toSatisfy(
    ({ done, code }) => done !== undefined || code !== undefined || name.startsWith("delete"),
  );
  for (const [transport, outcome] of Object.entries(others)) {
    if (shapeIsChecked.has(name) && transport.startsWith("REST")) {
      expect(outcome).toMatchObject({ code: (own as { code: string }).code });
    } else expect(outcome, transport).toEqual(own);
  }
});
