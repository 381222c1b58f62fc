/**
 * How a server of its own bears ten thousand connections: it keeps as many as `connectionLimits` says, closes the others at
 * once, answers on those that it keeps, and takes new ones when they are gone.
 *
 *   npm run bench:connections [-- --connections 10000]
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readLockHolder } from "@akidb/database";
import { startServerProcess } from "../testing/dist/serverProcess.js";

const { values } = parseArgs({ options: { connections: { type: "string", default: "10000" } } });
const connections = Number(values.connections);
if (!(Number.isInteger(connections) && connections >= 1)) {
  console.error(`--connections must be a whole number above 0, not "${values.connections}"`);
  process.exit(1);
}
const directory = mkdtempSync(join(tmpdir(), "akidb-connections-"));
const server = await startServerProcess(directory);
const { port } = new URL(server.url);
const pid = (await readLockHolder(directory))?.pid;
const residentMiB = () =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024);

/** Up to a hundred come at once, as many as a listening socket lets wait. */
async function openAll(): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < connections) {
    const some = Array.from({ length: Math.min(100, connections - sockets.length) }, openOne);
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}

function openOne(): Promise<Socket> {
  const socket = connect(Number(port), "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket)).on("error", () => resolve(socket));
  });
}

function answers(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once("data", (chunk) => resolve(chunk.toString().startsWith("HTTP/1.1 200")));
    socket.once("close", () => resolve(false));
    socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  });
}

const before = residentMiB();
const startMs = performance.now();
const sockets = await openAll();
await sleep(500);
const kept = sockets.filter((socket) => !socket.destroyed && socket.readyState === "open");
const openMs = Math.round(performance.now() - startMs);
const withThem = residentMiB();
const answered = (await Promise.all(kept.map(answers))).filter(Boolean).length;
for (const socket of sockets) socket.destroy();
await sleep(500);
const { status } = await fetch(`${server.url}/health`);
console.log(
  `${connections} connections in ${openMs} ms: ${kept.length} kept, ${connections - kept.length} closed; ` +
    `${answered} answered; resident ${before} MiB before, ${withThem} MiB with them; afterwards ${status}`,
);
const exitCode = await server.stop();
rmSync(directory, { recursive: true });
if (answered !== kept.length || kept.length === 0 || status !== 200 || exitCode !== 0) process.exitCode = 1;
