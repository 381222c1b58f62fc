import { writeFileSync } from "node:fs";
import { Client, credentials } from "@grpc/grpc-js";
import { type Bodies, type Encoding, encodings, grpcQuery, queryBodies } from "./bodies.ts";
import { type Answers, load } from "./generator.ts";
import { collection } from "./preparedDirectory.ts";
import { type LoadedServer, startEmptyServers } from "./servers.ts";

/** Medians over the rounds. */
export interface ServedRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Processor's time of the server for a request. */
  readonly cpuUs: number;
}

export interface SearchCell {
  readonly encoding: Encoding;
  readonly connections: number;
  readonly akidb: ServedRate;
  readonly empty: ServedRate;
  /** A handler that parses the JSON; absent for gRPC. */
  readonly parsing: ServedRate | undefined;
}

export interface Searches {
  readonly cells: readonly SearchCell[];
  /** With requests due at fixed times. */
  readonly offered: { readonly rate: number; readonly akidb: ServedRate };
}

export interface SearchOptions {
  readonly server: LoadedServer;
  readonly queries: readonly Float32Array[];
  readonly ef: number;
  readonly scratch: string;
  readonly seconds: number;
  readonly rounds: number;
}

const connectionCounts = [1, 8, 64];
/** Before an encoding is measured: code is compiled by how often it ran. */
const warmUp = { connections: 8, seconds: 3 };
const offeredRate = 100;
const offeredSeconds = 5;

export async function measureSearches(options: SearchOptions): Promise<Searches> {
  const { server, queries, ef, scratch } = options;
  const bodiesOf = (encoding: Encoding, at: number): Bodies =>
    queryBodies(queries, ef, { encoding, collection, file: `${scratch}/queries-${at}` });
  const all = encodings.map((encoding, at) => ({ encoding, bodies: bodiesOf(encoding, at) }));
  const empty = await startEmptyServers(await recordAnswers(server, queries[0]!, ef, scratch));
  try {
    const cells: SearchCell[] = [];
    for (const { encoding, bodies } of all) {
      await measure(server, bodies, warmUp);
      for (const connections of connectionCounts) {
        cells.push({ encoding, connections, ...(await measureCell(bodies, connections, empty, options)) });
      }
    }
    const load = { connections: 8, seconds: offeredSeconds, rate: offeredRate };
    const akidb = medianOf([await measure(server, all[0]!.bodies, load)]);
    return { cells, offered: { rate: offeredRate, akidb } };
  } finally {
    await empty.stop();
  }
}

/** In turns, so that what else the machine does meets all of them. */
async function measureCell(
  bodies: Bodies,
  connections: number,
  empty: LoadedServer,
  { server, seconds, rounds }: SearchOptions,
): Promise<Pick<SearchCell, "akidb" | "empty" | "parsing">> {
  const parsed: Bodies | undefined = bodies.protocol === "grpc" ? undefined : { ...bodies, path: "/parsed" };
  const one = { connections, seconds };
  const warm = { connections, seconds: seconds / 2 };
  const akidbRates: ServedRate[] = [];
  const emptyRates: ServedRate[] = [];
  const parsingRates: ServedRate[] = [];
  await measure(server, bodies, warm);
  await measure(empty, bodies, warm);
  for (let round = 0; round < rounds; round++) {
    akidbRates.push(await measure(server, bodies, one));
    emptyRates.push(await measure(empty, bodies, one));
    if (parsed !== undefined) parsingRates.push(await measure(empty, parsed, one));
  }
  return {
    akidb: medianOf(akidbRates),
    empty: medianOf(emptyRates),
    parsing: parsed === undefined ? undefined : medianOf(parsingRates),
  };
}

type Load = Omit<Parameters<typeof load>[1], "port">;

export async function measure(server: LoadedServer, bodies: Bodies, options: Load): Promise<ServedRate> {
  const port = bodies.protocol === "grpc" ? server.grpcPort : server.restPort;
  const before = server.cpuSeconds();
  const answers: Answers = await load(bodies, { port, ...options });
  const { requests, seconds, p50Ms, p95Ms, p99Ms } = answers;
  const cpuUs = (1e6 * (server.cpuSeconds() - before)) / requests;
  return { perSecond: requests / seconds, p50Ms, p95Ms, p99Ms, cpuUs };
}

function medianOf(rates: readonly ServedRate[]): ServedRate {
  const of = (name: keyof ServedRate): number => {
    const sorted = rates.map((rate) => rate[name]).toSorted((a, b) => a - b);
    return (sorted[Math.ceil(sorted.length / 2) - 1]! + sorted[Math.floor(sorted.length / 2)]!) / 2;
  };
  return {
    perSecond: of("perSecond"),
    p50Ms: of("p50Ms"),
    p95Ms: of("p95Ms"),
    p99Ms: of("p99Ms"),
    cpuUs: of("cpuUs"),
  };
}

/** What AkiDB answers to the first query, for the handlers that do nothing. */
async function recordAnswers(
  server: LoadedServer,
  query: Float32Array,
  ef: number,
  scratch: string,
): Promise<{ readonly rest: string; readonly grpc: string }> {
  const files = { rest: `${scratch}/answer.json`, grpc: `${scratch}/answer.grpc` };
  const url = `http://127.0.0.1:${server.restPort}/api/v1/collections/${collection}/query`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ vector: [...query], top_k: 10, ef }),
  });
  if (!response.ok) throw new Error(await response.text());
  writeFileSync(files.rest, Buffer.from(await response.arrayBuffer()));
  const { path, message } = grpcQuery(collection, query, ef);
  const client = new Client(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure());
  const asBytes = (bytes: Buffer) => bytes;
  const answer = await new Promise<Buffer>((resolve, reject) => {
    client.makeUnaryRequest(path, asBytes, asBytes, message, (error, bytes) =>
      error === null && bytes !== undefined ? resolve(bytes) : reject(error),
    );
  });
  client.close();
  writeFileSync(files.grpc, answer);
  return files;
}
