/**
 * What access control takes of a search over REST: the processor's time that the server needs for one with an API key, and
 * what of it finds out who asks and decides whether it may. `npm run bench:access -- --requests 4000`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeApiKey, parseApiKey } from "@akidb/access";
import { noDeadline, SeededRandom, systemRandom } from "@akidb/base";
import { type Operation, openDatabase, operations, ownProcess, readLockHolder } from "@akidb/database";

const { values: flags } = parseArgs({
  options: {
    requests: { type: "string", default: "4000" },
    documents: { type: "string", default: "5000" },
    dimension: { type: "string", default: "128" },
  },
});
const [requests, documents, dimension] = [flags.requests, flags.documents, flags.dimension].map(Number) as [
  number,
  number,
  number,
];
const concurrency = 8;
const directory = mkdtempSync(join(tmpdir(), "akidb-bench-"));
const { secret } = makeApiKey(systemRandom);
const random = new SeededRandom(1);
const vectors = Array.from({ length: 64 }, () =>
  Array.from({ length: dimension }, () => random.nextFloat() - 0.5),
);
const bodies = vectors.map((vector) => JSON.stringify({ vector, top_k: 10 }));
const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };

async function startServer() {
  const bin = fileURLToPath(new URL("../packages/akidb/bin/akidb.js", import.meta.url));
  const args = [
    bin,
    "serve",
    "--data-dir",
    directory,
    "--rest-port",
    "0",
    "--grpc-port",
    "0",
    "--auth-mode",
    "required",
  ];
  const environment = { ...process.env, AKIDB_BOOTSTRAP_API_KEY: secret, AKIDB_LOG_LEVEL: "warn" };
  const child = spawn(process.execPath, args, { stdio: "ignore", env: environment });
  for (;;) {
    const holder = readLockHolder(directory);
    if (holder?.pid === child.pid && holder?.url !== undefined) return { child, url: holder.url };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** All threads of a process; the kernel counts in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function search(url: string, count: number): Promise<void> {
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < count) {
      const body = bodies[sent++ % bodies.length]!;
      const response = await fetch(`${url}/api/v1/collections/bench/query`, {
        method: "POST",
        headers,
        body,
      });
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
}

async function measureServer(): Promise<number> {
  const { child, url } = await startServer();
  try {
    await search(url, requests / 4);
    const beforeMs = cpuMsOf(child.pid!);
    await search(url, requests);
    return (1_000 * (cpuMsOf(child.pid!) - beforeMs)) / requests;
  } finally {
    child.kill("SIGINT");
    await once(child, "exit");
  }
}

async function cpuUsOf(count: number, work: () => Promise<unknown>): Promise<number> {
  for (let at = 0; at < count / 10; at++) await work();
  const before = process.cpuUsage();
  for (let at = 0; at < count; at++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** The same guard and operation, whose work is left out: with a caller whom policies bind, and with one whom none does. */
async function measureAccess(): Promise<{ readonly authenticateUs: number; readonly authorizeUs: number }> {
  const database = await openDatabase({ directory, command: "bench", requiresCredentials: true });
  try {
    const key = parseApiKey(secret)!;
    const authenticate = () => database.authenticate({ kind: "api_key", key });
    const caller = { principal: await authenticate(), ipAddress: "127.0.0.1", userAgent: null };
    const nothing = { ...operations.query, run: async () => undefined } as unknown as Operation<
      object,
      undefined
    >;
    const call = { requestId: "bench", deadline: noDeadline() };
    const input = { collection: "bench" };
    const count = 100_000;
    const bound = await cpuUsOf(count, () => database.execute(nothing, input, { ...call, caller }));
    const free = await cpuUsOf(count, () =>
      database.execute(nothing, input, { ...call, caller: ownProcess }),
    );
    return { authenticateUs: await cpuUsOf(count, authenticate), authorizeUs: bound - free };
  } finally {
    await database.close();
  }
}

try {
  const database = await openDatabase({ directory, command: "bench", requiresCredentials: true });
  await database.makeFirstKey(secret);
  const call = { requestId: "bench", deadline: noDeadline(), caller: ownProcess };
  // A key is held to the rate of its tenant.
  await database.execute(operations.updateTenant, { tenant: "default", qpsQuota: 1_000_000 }, call);
  await database.execute(operations.createCollection, { name: "bench", dimension }, call);
  for (let at = 0; at < documents; at += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, documents - at) }, () => ({
      vector: Array.from({ length: dimension }, () => random.nextFloat() - 0.5),
    }));
    await database.execute(operations.upsertDocuments, { collection: "bench", documents: batch }, call);
  }
  await database.close();
  const requestUs = await measureServer();
  const { authenticateUs, authorizeUs } = await measureAccess();
  const share = (100 * (authenticateUs + authorizeUs)) / requestUs;
  console.log(`a search over REST: ${requestUs.toFixed(0)} µs of the server's processor`);
  console.log(`who asks: ${authenticateUs.toFixed(1)} µs, whether it may: ${authorizeUs.toFixed(1)} µs`);
  console.log(`together ${share.toFixed(1)} %`);
} finally {
  rmSync(directory, { recursive: true });
}
