import { type Bodies, type Encoding, encodings, queryBodies } from "./bodies.ts";
import { type Answers, generatorThreads, load } from "./generator.ts";
import { collection } from "./preparedDirectory.ts";
import { recordAnswers } from "./recordAnswers.ts";
import { type LoadedServer, startEmptyServers } from "./servers.ts";

/** Medians over the rounds. */
export interface ServedRate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Processor's time of the server for a request. */
  readonly cpuUs: number;
  /** What of it the thread took that holds the data. */
  readonly mainCpuUs: number;
  /** How much of the generator's threads was used: near 1, it was what bounded the rate. */
  readonly generatorShare: number;
}

/** A server with so many threads that serve; 0 for the one that holds the data alone. */
export interface ThreadedServer {
  readonly threads: number;
  readonly server: LoadedServer;
}

export interface SearchCell {
  readonly encoding: Encoding;
  readonly connections: number;
  /** `server.threads` */
  readonly threads: number;
  readonly akidb: ServedRate;
  /** With as many threads. */
  readonly empty: ServedRate;
  /** A handler that parses the JSON; absent for gRPC. */
  readonly parsing: ServedRate | undefined;
}

export interface Searches {
  readonly cells: readonly SearchCell[];
  /** With requests due at fixed times, of the first server. */
  readonly offered: { readonly rate: number; readonly threads: number; readonly akidb: ServedRate };
}

export interface SearchOptions {
  /** The same data in each. */
  readonly servers: readonly ThreadedServer[];
  readonly queries: readonly Float32Array[];
  readonly ef: number;
  readonly connectionCounts: readonly number[];
  readonly scratch: string;
  readonly seconds: number;
  readonly rounds: number;
}

/** Before an encoding is measured: code is compiled by how often it ran. */
const warmUp = { connections: 32, seconds: 3 };
const offeredRate = 100;
const offeredSeconds = 5;

interface Pair extends ThreadedServer {
  readonly empty: LoadedServer;
}

export async function measureSearches(options: SearchOptions): Promise<Searches> {
  const { servers, queries, ef, connectionCounts, scratch } = options;
  const first = servers[0]!;
  const answers = await recordAnswers(first.server, queries[0]!, ef, scratch);
  const pairs: Pair[] = [];
  try {
    for (const each of servers) {
      pairs.push({ ...each, empty: await startEmptyServers(answers, Math.max(1, each.threads)) });
    }
    const cells: SearchCell[] = [];
    const all = encodings.map((encoding, at) => {
      const file = `${scratch}/queries-${at}`;
      return { encoding, bodies: queryBodies(queries, ef, { encoding, collection, file }) };
    });
    for (const { encoding, bodies } of all) {
      for (const { server } of servers) await measure(server, bodies, warmUp);
      for (const connections of connectionCounts) {
        const measured = await measureCells(bodies, connections, pairs, options);
        cells.push(...measured.map((cell) => ({ encoding, connections, ...cell })));
      }
    }
    const load = { connections: 8, seconds: offeredSeconds, rate: offeredRate };
    const akidb = medianOf([await measure(first.server, all[0]!.bodies, load)]);
    return { cells, offered: { rate: offeredRate, threads: first.threads, akidb } };
  } finally {
    for (const { empty } of pairs) await empty.stop();
  }
}

type MeasuredCell = Pick<SearchCell, "threads" | "akidb" | "empty" | "parsing">;

/** In turns, so that what else the machine does meets all of them. */
async function measureCells(
  bodies: Bodies,
  connections: number,
  pairs: readonly Pair[],
  { seconds, rounds }: SearchOptions,
): Promise<readonly MeasuredCell[]> {
  const parsed: Bodies | undefined = bodies.protocol === "grpc" ? undefined : { ...bodies, path: "/parsed" };
  const one = { connections, seconds };
  const warm = { connections, seconds: seconds / 2 };
  const rates = pairs.map((pair) => ({
    pair,
    akidb: [] as ServedRate[],
    empty: [] as ServedRate[],
    parsing: [] as ServedRate[],
  }));
  for (const { server, empty } of pairs) {
    await measure(server, bodies, warm);
    await measure(empty, bodies, warm);
  }
  for (let round = 0; round < rounds; round++) {
    for (const { pair, akidb, empty, parsing } of rates) {
      akidb.push(await measure(pair.server, bodies, one));
      empty.push(await measure(pair.empty, bodies, one));
      if (parsed !== undefined) parsing.push(await measure(pair.empty, parsed, one));
    }
  }
  return rates.map(({ pair, akidb, empty, parsing }) => ({
    threads: pair.threads,
    akidb: medianOf(akidb),
    empty: medianOf(empty),
    parsing: parsed === undefined ? undefined : medianOf(parsing),
  }));
}

type Load = Omit<Parameters<typeof load>[1], "port">;

export async function measure(server: LoadedServer, bodies: Bodies, options: Load): Promise<ServedRate> {
  const port = bodies.protocol === "grpc" ? server.grpcPort : server.restPort;
  const before = server.cpuSeconds();
  const mainBefore = server.mainCpuSeconds();
  const answers: Answers = await load(bodies, { port, ...options });
  const { requests, seconds, cpuSeconds, p50Ms, p95Ms, p99Ms } = answers;
  return {
    perSecond: requests / seconds,
    p50Ms,
    p95Ms,
    p99Ms,
    cpuUs: (1e6 * (server.cpuSeconds() - before)) / requests,
    mainCpuUs: (1e6 * (server.mainCpuSeconds() - mainBefore)) / requests,
    generatorShare: cpuSeconds / (seconds * generatorThreads),
  };
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
    mainCpuUs: of("mainCpuUs"),
    generatorShare: of("generatorShare"),
  };
}
