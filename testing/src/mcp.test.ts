import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { AkiDb, CreateApiKeyInput } from "@akidb/base";
import { connect } from "@akidb/client";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileCache } from "./compileCache.ts";
import { type ServerProcess, startProcess } from "./serverProcess.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "packages/akidb/bin/akidb.js");
const page = readFileSync(join(root, "docs/mcp.md"), "utf8");
const hasCurl = (() => {
  try {
    execFileSync("curl", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();
const adminKey = `akidb_${"A".repeat(43)}`;
const readTools = ["search", "get_document", "list_collections", "describe_collection"];
const allTools = [...readTools, "upsert_documents", "create_collection", "delete_documents"];

let folder: string;
let server: ServerProcess;
let admin: AkiDb;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akidb-mcp-"));
  const data = join(folder, "served");
  const ports = ["--rest-port", "0", "--grpc-port", "0"];
  const flags = ["--data-dir", data, ...ports, "--log-level", "warn", "--auth-mode", "required"];
  process.env["AKIDB_BOOTSTRAP_API_KEY"] = adminKey;
  server = await startProcess([bin, "serve", ...flags], data);
  delete process.env["AKIDB_BOOTSTRAP_API_KEY"];
  admin = connect({ url: server.url, apiKey: adminKey });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const keyWith = async (input: Partial<CreateApiKeyInput>): Promise<string> =>
  (await admin.apiKeys.create({ name: "k", ...input } as CreateApiKeyInput)).secret;

const textOf = ([first]: readonly object[]): string => (first as { readonly text: string }).text;

/** @param mode `legacy`: the revisions with a handshake; `auto`: that of 2026-07-28, where the server speaks it */
const newClient = (mode: "legacy" | "auto"): Client =>
  new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });

async function overHttp(key: string, mode: "legacy" | "auto" = "legacy"): Promise<Client> {
  const client = newClient(mode);
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit }));
  return client;
}

async function overPipes(
  args: readonly string[],
  environment: Record<string, string> = {},
  mode: "legacy" | "auto" = "legacy",
): Promise<Client> {
  const client = newClient(mode);
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [bin, "mcp", ...args],
      env: { PATH: process.env["PATH"] ?? "", ...compileCache, ...environment },
      cwd: folder,
    }),
  );
  return client;
}

const transports = [
  ["streamable HTTP", () => overHttp(adminKey)],
  ["streamable HTTP of 2026-07-28", () => overHttp(adminKey, "auto")],
  ["pipes, over a server", () => overPipes(["--url", server.url], { AKIDB_API_KEY: adminKey })],
  ["pipes, over a data directory", () => overPipes(["--data-dir", join(folder, "own")])],
  ["pipes of 2026-07-28", () => overPipes(["--data-dir", join(folder, "own")], {}, "auto")],
] as const;

describe.each(transports)("the official client, by %s,", (name, open) => {
  const collection = name.replaceAll(/\W+/g, "-");
  let client: Client;
  beforeAll(async () => {
    client = await open();
  });
  afterAll(() => client.close());

  const call = async (tool: string, given: Record<string, unknown>) => {
    const {
      content,
      structuredContent,
      isError = false,
    } = await client.callTool({ name: tool, arguments: given });
    const text = textOf(content);
    return { text, isError, body: structuredContent as Record<string, unknown> };
  };

  it("is shown every tool, with the schema that checks its arguments", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(allTools);
    const search = tools.find(({ name }) => name === "search")!;
    expect(search.inputSchema).toMatchObject({ type: "object", required: ["collection"] });
    expect(Object.keys(search.inputSchema.properties!)).toContain("filter");
    expect(search.annotations).toMatchObject({ readOnlyHint: true });
    expect(JSON.stringify(tools)).not.toContain('"$id"');
  });

  it("makes a collection, writes to it, searches it and deletes from it", async () => {
    expect((await call("create_collection", { name: collection })).body).toMatchObject({ dimension: 384 });
    const documents = [
      { external_id: "a", text: "sorting in linear time", metadata: { year: 1990 } },
      { external_id: "b", text: "kneading dough by hand", metadata: { year: 2020 } },
      { external_id: "c" },
    ];
    const written = await call("upsert_documents", { collection, documents });
    expect(written).toMatchObject({ isError: false, body: { upserted: 2, failed: 1 } });
    expect(JSON.parse(written.text)).toEqual(written.body);

    const found = await call("search", { collection, text: "linear sorting", top_k: 1 });
    expect(found.body["matches"]).toMatchObject([
      { external_id: "a", text: "sorting in linear time", metadata: { year: 1990 } },
    ]);
    const filtered = await call("search", { collection, text: "linear", filter: { year: { $gt: 2000 } } });
    expect(filtered.body["matches"]).toMatchObject([{ external_id: "b" }]);
    expect((await call("get_document", { collection, id: "a" })).body).toMatchObject({ version: 1 });
    expect((await call("describe_collection", { collection })).body).toMatchObject({ document_count: 2 });
    const listed = (await call("list_collections", {})).body["collections"];
    expect(listed).toContainEqual(expect.objectContaining({ name: collection }));

    const resources = await client.listResources();
    expect(resources.resources.map(({ uri }) => uri)).toContain(`akidb://collections/${collection}`);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates).toHaveLength(2);
    const { contents } = await client.readResource({ uri: `akidb://collections/${collection}/documents/a` });
    const text = textOf(contents);
    expect(JSON.parse(text)).toMatchObject({ external_id: "a", text: "sorting in linear time" });

    expect((await call("delete_documents", { collection, ids: ["a", "x"] })).body).toEqual({
      deleted_count: 1,
    });
    await expect(
      client.readResource({ uri: `akidb://collections/${collection}/documents/a` }),
    ).rejects.toThrow('"a" does not exist');
  });

  it("writes a long text in chunks, finds it as one, and deletes it by its name", async () => {
    const long = `${collection}-long`;
    await call("create_collection", { name: long });
    const text =
      "Unplug it first. Then open the lid. Take the filter out and rinse it. Let it dry for a day.";
    const chunking = { size: 60, overlap: 20, by: "sentence" };
    const documents = [
      { external_id: "manual", text, chunking },
      { external_id: "other", text, chunking: { size: 1 } },
    ];
    expect(
      await call("upsert_documents", { collection: long, documents: documents.slice(0, 1) }),
    ).toMatchObject({
      isError: false,
      body: { upserted: 1, items: [{ version: 1, chunk_count: 3 }] },
    });
    const grouped = { text: "rinse the filter", group_by: { field: "chunk.parent", size: 1 } };
    const { groups } = (await call("search", { collection: long, ...grouped })).body;
    expect(groups).toMatchObject([{ value: "manual", matches: [{ external_id: "manual#1" }] }]);
    const refused = await call("upsert_documents", { collection: long, documents });
    const errors = [{ path: "documents[1].chunking.size" }];
    expect(refused).toMatchObject({ isError: true, body: { error: { code: "invalid_argument", errors } } });
    const filter = { "chunk.parent": "manual" };
    expect((await call("delete_documents", { collection: long, filter })).body).toEqual({ deleted_count: 3 });
  });

  it.each([
    ["search", { collection: "none", text: "a" }, "not_found", []],
    ["search", { collection: "c" }, "not_found", []],
    ["search", { collection: 1 }, "invalid_argument", ["collection"]],
    ["search", { collection: "c", top: 1 }, "invalid_argument", ["top"]],
    ["search", {}, "invalid_argument", ["collection"]],
    ["create_collection", { name: "x", dimension: 1 }, "invalid_argument", ["dimension"]],
    ["create_collection", { name: "x", metric: "city" }, "invalid_argument", ["metric"]],
    [
      "upsert_documents",
      { collection: "c", documents: [{ vector: ["x"] }] },
      "invalid_argument",
      ["documents[0].vector[0]"],
    ],
    ["list_collections", { limit: 0 }, "invalid_argument", ["limit"]],
  ])("is told by %s what is wrong with %j", async (tool, given, code, paths) => {
    const { text, isError, body } = await call(tool, given);
    expect(isError).toBe(true);
    expect(text).toMatch(new RegExp(`^${code}: `));
    const { error } = body as { error: { code: string; errors?: { path: string }[] } };
    expect([error.code, (error.errors ?? []).map(({ path }) => path)]).toEqual([code, paths]);
  });

  it("is told that there is no such tool, or resource", async () => {
    await expect(client.callTool({ name: "drop_everything", arguments: {} })).rejects.toThrow(
      "there is no tool",
    );
    for (const uri of ["akidb://collections/none", "akidb://collections/%", "akidb://tenants/default"]) {
      await expect(client.readResource({ uri }), uri).rejects.toThrow();
    }
  });
});

describe("a key", () => {
  it("that may not write is shown no tool that writes, and is refused by those that it calls all the same", async () => {
    await admin.createCollection({ name: "books" });
    const key = await keyWith({ role: "viewer" });
    for (const open of [
      () => overHttp(key),
      () => overPipes(["--url", server.url], { AKIDB_API_KEY: key }),
    ]) {
      const client = await open();
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(readTools);
      const answer = await client.callTool({
        name: "upsert_documents",
        arguments: { collection: "books", documents: [{ text: "a" }] },
      });
      expect(answer).toMatchObject({
        isError: true,
        structuredContent: { error: { code: "permission_denied" } },
      });
      await client.close();
    }
    expect(await admin.collection("books").count()).toBe(0);
  });

  it("with a filter writes within it, and makes no collections", async () => {
    const client = await overHttp(await keyWith({ role: "developer", filter: { owner: "me" } }));
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toEqual(allTools.filter((name) => name !== "create_collection"));
    await client.close();
  });

  it("is needed where the server asks for one", async () => {
    await expect(overHttp("akidb_wrong")).rejects.toThrow();
  });
});

const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code!);

it.skipIf(!hasCurl)(`the page's commands run${hasCurl ? "" : " (skipped: there is no curl)"}`, async () => {
  await admin.createCollection({ name: "books" }).catch(() => {});
  const script = blocks("sh")
    .join("\n")
    .replace("npx akidb", `"${process.execPath}" "${bin}"`)
    .replace("./akidb-data", join(folder, "served"))
    .replace("http://127.0.0.1:8080", server.url);
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", script], { cwd: folder });
  expect(stdout).toContain('"name":"search"');
  expect(stdout).not.toContain('"name":"upsert_documents"');
});

it("the page's configurations start what they say", async () => {
  const [served, ownDirectory, http] = blocks("json").map((text) => JSON.parse(text));
  for (const { mcpServers } of [served, ownDirectory]) {
    const { command, args, env } = mcpServers.akidb;
    expect([command, args[0]]).toEqual(["npx", "akidb"]);
    const given = args
      .slice(2)
      .map((arg: string) =>
        arg.replace("http://127.0.0.1:8080", server.url).replace("/home/ada/akidb-data", join(folder, "ada")),
      );
    const client = await overPipes(given, env === undefined ? {} : { ...env, AKIDB_API_KEY: adminKey });
    expect((await client.listTools()).tools).toHaveLength(allTools.length);
    await client.close();
  }
  expect(http.servers.akidb).toMatchObject({ type: "http", url: "http://127.0.0.1:8080/mcp" });
});
