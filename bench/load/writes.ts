import { type Dataset, rowOf } from "../engine/dataset.ts";
import { type Encoding, encodings, upsertBodies } from "./bodies.ts";
import { measure, type ServedRate, type ThreadedServer } from "./searches.ts";
import type { LoadedServer } from "./servers.ts";

export interface WriteRate {
  /** `server.threads` */
  readonly threads: number;
  readonly encoding: Encoding;
  readonly batch: number;
  readonly connections: number;
  readonly vectorsPerSecond: number;
  readonly requests: ServedRate;
}

export interface WriteOptions {
  readonly servers: readonly ThreadedServer[];
  readonly data: Dataset;
  readonly scratch: string;
}

interface Shape {
  readonly batch: number;
  readonly connections: number;
  readonly vectors: number;
}

const shapes: readonly Shape[] = [
  { batch: 1_000, connections: 4, vectors: 30_000 },
  { batch: 1, connections: 64, vectors: 8_000 },
];

/** Each into a collection of its own, whose graph is linked meanwhile once it has grown. */
export async function measureWrites(options: WriteOptions): Promise<readonly WriteRate[]> {
  const rates: WriteRate[] = [];
  for (const shape of shapes) {
    for (const [at, encoding] of encodings.entries()) {
      const name = `writes-${shape.batch}-${at}`;
      for (const { server, threads } of options.servers) {
        // Once before it counts: code is compiled by how often it ran.
        await measureWrite(server, encoding, shape, name, options);
        rates.push({ threads, ...(await measureWrite(server, encoding, shape, name, options)) });
      }
    }
  }
  return rates;
}

async function measureWrite(
  server: LoadedServer,
  encoding: Encoding,
  { batch, connections, vectors }: Shape,
  name: string,
  { data, scratch }: WriteOptions,
): Promise<Omit<WriteRate, "threads">> {
  const { dimension, metric } = data;
  const collections = `http://127.0.0.1:${server.restPort}/api/v1/collections`;
  const hnsw = { m: 16, ef_construction: 200 };
  await request("POST", collections, { name, dimension, metric, hnsw });
  try {
    const written = Array.from({ length: vectors }, (_, row) => rowOf(data.vectors, dimension, row));
    const bodies = upsertBodies(written, batch, { encoding, collection: name, file: `${scratch}/${name}` });
    const requests = await measure(server, bodies, { connections, requests: vectors / batch });
    const { count } = (await request("POST", `${collections}/${name}/count`, {})) as { count: number };
    if (count !== vectors) throw new Error(`${count} of ${vectors} documents were found`);
    return { encoding, batch, connections, vectorsPerSecond: batch * requests.perSecond, requests };
  } finally {
    await request("DELETE", `${collections}/${name}`);
  }
}

async function request(method: string, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    method,
    ...(body !== undefined && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === "" ? undefined : JSON.parse(text);
}
