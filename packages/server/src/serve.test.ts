import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

type Server = ChildProcessByStdio<null, Readable, Readable>;

const built = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const program = `
  import { loadConfig, serve } from ${JSON.stringify(built)};
  const flags = JSON.parse(process.argv[1]);
  await serve(loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false }), { command: "test", showKey: () => {} });
`;

let directory: string;
let started: Server[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "akidb-serve-"));
  started = [];
});
afterEach(async () => {
  for (const server of started) {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGKILL");
      await once(server, "exit");
    }
  }
  await rm(directory, { recursive: true });
});

/** `serve` in a process of its own, which is what signals are sent to. */
function spawnServer(flags: Readonly<Record<string, string>> = {}): Server {
  const all = {
    "--data-dir": directory,
    "--rest-port": "0",
    "--grpc-port": "0",
    "--log-format": "json",
    ...flags,
  };
  const server = spawn(process.execPath, ["--input-type=module", "-e", program, JSON.stringify(all)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(server);
  return server;
}

async function firstLine(server: Server): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) return line;
  throw new Error("the server wrote nothing");
}

const exitOf = async (server: Server): Promise<number | NodeJS.Signals> => {
  const [code, signal] = await once(server, "exit");
  return code ?? signal;
};

/** Also when the signal is delivered twice. */
async function expectEndsWell(server: Server, signal: NodeJS.Signals): Promise<void> {
  const exit = exitOf(server);
  server.kill(signal);
  server.kill(signal);
  expect(await exit).toBe(0);
}

describe("serve", () => {
  test("says in one line where it is, where its data are, and who may use it; ends well at SIGINT", async () => {
    const server = spawnServer();
    const line = JSON.parse(await firstLine(server));
    expect(line).toMatchObject({
      level: 30,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      dataDir: directory,
    });
    expect(line.msg).toContain(line.url);
    expect(line.msg).toContain(directory);
    expect(line.msg).toContain("requests without credentials act as the default tenant's admin");
    expect((await fetch(`${line.url}/health`)).status).toBe(200);
    await expectEndsWell(server, "SIGINT");
  });

  test("writes lines for people, too; ends well at SIGTERM", async () => {
    const server = spawnServer({ "--log-format": "pretty" });
    expect(await firstLine(server)).toMatch(/INFO.*AkiDB .* at http:\/\/127/);
    await expectEndsWell(server, "SIGTERM");
  });

  test("ends at once at a second signal", async () => {
    const server = spawnServer();
    const { url } = JSON.parse(await firstLine(server));
    // A request in flight, for which the first signal waits.
    const headers = { "content-type": "application/x-ndjson", expect: "100-continue" };
    const sending = request(`${url}/api/v1/collections/none/documents`, { method: "POST", headers });
    const cut = expect(once(sending, "response")).rejects.toThrow();
    sending.flushHeaders();
    await once(sending, "continue");
    const exit = exitOf(server);
    let log = "";
    server.stdout.on("data", (chunk) => {
      log += chunk;
    });
    server.kill("SIGINT");
    // Within 300 ms a second one would be taken for the first, delivered twice.
    await expect.poll(() => log).toContain("stopping");
    await sleep(500);
    expect(server.exitCode).toBeNull();
    server.kill("SIGINT");
    expect(await exit).toBe(130);
    await cut;
  });

  test("fails with what an operator can mend", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await once(holder, "listening");
    const { port } = holder.address() as { port: number };
    const server = spawnServer({ "--rest-port": String(port) });
    let complaint = "";
    server.stderr.on("data", (chunk) => {
      complaint += chunk;
    });
    expect(await exitOf(server)).toBe(1);
    expect(complaint).toContain(`cannot listen on 127.0.0.1, port ${port}: the port is in use`);
    holder.close();
  });
});
