import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AkiDb, systemClock, systemRandom } from "@akidb/base";
import { type ConnectOptions, connect } from "@akidb/client";
import { loadConfig, type RunningServer, startServer } from "@akidb/server";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../packages/server/fixtures/tls/${name}`, import.meta.url));
const ca = readFileSync(fixture("localhost.crt"));

const folder = mkdtempSync(join(tmpdir(), "akidb-secure-grpc-"));
let server: RunningServer;
const opened: AkiDb[] = [];

beforeAll(async () => {
  const flags = {
    "--rest-port": "0",
    "--grpc-port": "0",
    "--data-dir": folder,
    "--wal-sync": "never",
    "--auth-mode": "required",
    "--server-tls-cert": fixture("localhost.crt"),
    "--server-tls-key": fixture("localhost.key"),
  };
  server = await startServer(loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false }), {
    clock: systemClock,
    random: systemRandom,
    logger: pino({ level: "silent" }),
    command: "test",
  });
});
afterAll(async () => {
  for (const db of opened) await db.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

function open(scheme: string, options: Omit<ConnectOptions, "url"> = {}): AkiDb {
  const db = connect({ url: `${scheme}://localhost:${server.grpcAddress.split(":").at(-1)}`, ...options });
  opened.push(db);
  return db;
}

it("a key and a certificate let in, over an encrypted connection alone", async () => {
  const apiKey = server.madeKey!;
  const me = await open("grpcs", { apiKey, tls: { ca } }).auth.me();
  expect(me).toMatchObject({ kind: "api_key", apiKey: { prefix: expect.any(String) } });
  await expect(open("grpcs", { tls: { ca } }).usage()).rejects.toMatchObject({
    code: "unauthenticated",
    requestId: expect.any(String),
  });
  await expect(open("grpcs", { apiKey }).usage()).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringMatching(
      /^the certificate of grpcs:\/\/localhost:\d+ is not trusted \(self-signed/,
    ),
  });
  await expect(open("grpc", { apiKey }).usage({ timeoutMs: 10_000 })).rejects.toMatchObject({
    code: "unavailable",
  });
});
