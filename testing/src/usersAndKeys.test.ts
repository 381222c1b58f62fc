import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "@akidb/client";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileCache } from "./compileCache.ts";
import { type ServerProcess, startProcess } from "./serverProcess.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "packages/akidb/bin/akidb.js");
const certificate = join(root, "packages/server/fixtures/tls/localhost.crt");
const [setUp, onTheMachine, withKey, sessions, keys, ...others] = [
  ...readFileSync(join(root, "docs/users-and-keys.md"), "utf8").matchAll(/^```sh\n(.*?)^```/gms),
].map(([, code]) => code!);
const hasCurl = (() => {
  try {
    execFileSync("curl", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

let folder: string;
let data: string;
let server: ServerProcess;

const serve = (...flags: string[]): Promise<ServerProcess> => {
  const config = [
    "--config",
    join(folder, "config.toml"),
    "--rest-port",
    "0",
    "--grpc-port",
    "0",
    "--log-level",
    "warn",
  ];
  return startProcess([bin, "serve", ...config, ...flags], data);
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akidb-users-and-keys-"));
  data = join(folder, "akidb-data");
  await runInShell(setUp!, "");
  server = await serve();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** What stands on the page, in a folder of its own, against this test's server, under this Node. */
async function runInShell(
  commands: string,
  url: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const script = commands
    .replaceAll("http://127.0.0.1:8080", url)
    .replaceAll("npx akidb", `"${process.execPath}" "${bin}"`);
  const env = { PATH: process.env["PATH"], ...compileCache, ...environment };
  const options = { cwd: folder, env };
  return (await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], options)).stdout;
}

it("the page's commands for the server's machine need no key", async () => {
  const output = await runInShell(onTheMachine!, server.url);
  expect(output).toContain("created user bob@example.org: developer\n");
  expect(output).toMatch(/^ada@example\.org +admin +active /m);
  expect(output).toContain("updated user bob@example.org: developer, suspended\n");
});

it("the page's commands with a key work, and without one they are refused", async () => {
  const output = await runInShell(withKey!, server.url);
  expect(output).toContain("created collection books");
  expect(output).toMatch(/^dimension +384$/m);
  await expect(connect({ url: server.url }).users.list()).rejects.toMatchObject({ code: "unauthenticated" });
});

it.skipIf(!hasCurl)(`the page's requests run${hasCurl ? "" : " (skipped: there is no curl)"}`, async () => {
  expect(await runInShell(sessions!, server.url)).toContain('"email":"ada@example.org"');
  const { access_token, expires_in } = JSON.parse(readFileSync(join(folder, "refreshed.json"), "utf8"));
  expect({ access_token, expires_in }).toEqual({ access_token: expect.any(String), expires_in: 900 });
  expect(await runInShell(keys!, server.url)).toMatch(/"secret":"akidb_[\w-]{43}"/);
  expect(others).toEqual([]);
});

it("over HTTPS a client trusts what it is told to, and a page of HTTPS is no stranger", async () => {
  await server.stop();
  server = await serve(
    ...["--server-tls-cert", certificate],
    ...["--server-tls-key", certificate.replace(/crt$/, "key")],
  );
  expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const trusting = { NODE_EXTRA_CA_CERTS: certificate };
  expect(await runInShell("npx akidb users list --data-dir ./akidb-data", "", trusting)).toContain(
    "ada@example.org",
  );
  await expect(connect({ url: server.url }).users.list()).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringMatching(
      /^the certificate of https:.* is not trusted \(.*\); .*NODE_EXTRA_CA_CERTS/,
    ),
  });
  await expect(fetch(`${server.url.replace("https", "http")}/health`)).rejects.toThrow();
  expect(await statusOfLogout(server.url)).toBe(401);
  expect(await statusOfLogout(server.url.replace("https", "http"))).toBe(403);
});

/** Of a page's request, sent by whoever trusts the server. */
async function statusOfLogout(origin: string): Promise<number | undefined> {
  const url = `${server.url}/api/v1/auth/logout`;
  const options = { method: "POST", headers: { origin }, ca: readFileSync(certificate) };
  const asked = request(url, options);
  asked.end();
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}
