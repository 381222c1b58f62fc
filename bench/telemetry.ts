/**
 * What telemetry takes of a search over REST, in the processor's time of the server: without it, with metrics (the default),
 * and with tracing of one in a hundred on top, in turns. `npm run bench:telemetry -- --rounds 6 --requests 3000`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { noDeadline, SeededRandom } from "@akidb/base";
import { openDatabase, operations, ownProcess, readLockHolder } from "@akidb/database";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "6" },
    requests: { type: "string", default: "3000" },
    documents: { type: "string", default: "5000" },
    dimension: { type: "string", default: "128" },
  },
});
const rounds = Number(flags.rounds);
const requests = Number(flags.requests);
const documents = Number(flags.documents);
const dimension = Number(flags.dimension);
const concurrency = 8;
const directories: string[] = [];
const random = new SeededRandom(1);
const vectorOf = () => Array.from({ length: dimension }, () => random.nextFloat() - 0.5);
const bodies = Array.from({ length: 64 }, () => JSON.stringify({ vector: vectorOf(), top_k: 10 }));
const vectors = Array.from({ length: documents }, vectorOf);

interface Server {
  readonly name: string;
  readonly child: ReturnType<typeof spawn>;
  readonly url: string;
  /** Processor's time for one search, of each round. */
  readonly costsUs: number[];
}

async function startServer(name: string, args: readonly string[]): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-bench-"));
  directories.push(directory);
  const database = await openDatabase({ directory, command: "bench" });
  const call = { requestId: "bench", deadline: noDeadline(), caller: ownProcess };
  await database.execute(operations.createCollection, { name: "bench", dimension }, call);
  for (let at = 0; at < documents; at += 1_000) {
    const batch = vectors.slice(at, at + 1_000).map((vector) => ({ vector }));
    await database.execute(operations.upsertDocuments, { collection: "bench", documents: batch }, call);
  }
  await database.close();
  const bin = fileURLToPath(new URL("../packages/akidb/bin/akidb.js", import.meta.url));
  const ports = ["--rest-port", "0", "--grpc-port", "0"];
  const all = [bin, "serve", "--data-dir", directory, ...ports, "--log-level", "warn", ...args];
  const child = spawn(process.execPath, all, { stdio: ["ignore", "ignore", "inherit"] });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server "${name}" did not start`);
    const holder = readLockHolder(directory);
    if (holder?.pid === child.pid && holder?.url !== undefined) {
      return { name, child, url: holder.url, costsUs: [] };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** All threads of a process; the kernel counts in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function search({ url }: Server, count: number): Promise<void> {
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < count) {
      const response = await fetch(`${url}/api/v1/collections/bench/query`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: bodies[sent++ % bodies.length]!,
      });
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

const collector = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
});
collector.listen(0, "127.0.0.1");
await once(collector, "listening");
const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
const servers: Server[] = [];
try {
  servers.push(await startServer("none", ["--features-metrics-enabled", "false"]));
  servers.push(await startServer("metrics", []));
  servers.push(
    await startServer("metrics and traces (1 %)", [
      ...["--tracing-enabled", "true"],
      ...["--tracing-otlp-endpoint", endpoint],
    ]),
  );
  for (const server of servers) await search(server, requests);
  for (let round = 0; round < rounds; round++) {
    // Whoever is first in one round is last in the next.
    for (const server of round % 2 === 0 ? servers : servers.toReversed()) {
      const beforeMs = cpuMsOf(server.child.pid!);
      await search(server, requests);
      server.costsUs.push((1_000 * (cpuMsOf(server.child.pid!) - beforeMs)) / requests);
    }
  }
  const without = servers[0]!.costsUs;
  for (const { name, costsUs } of servers) {
    const shares = costsUs.map((us, round) => 100 * (us / without[round]! - 1));
    const more = `${median(shares).toFixed(1)} % more (median of ${rounds} rounds)`;
    console.log(`${name}: ${median(costsUs).toFixed(0)} µs of the processor for a search; ${more}`);
  }
} finally {
  for (const { child } of servers) child.kill("SIGINT");
  await Promise.all(servers.map(({ child }) => child.exitCode ?? once(child, "exit")));
  collector.closeAllConnections();
  collector.close();
  for (const directory of directories) rmSync(directory, { recursive: true });
}
