import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { connect } from "@akidb/client";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "./serverProcess.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/openai.md"), "utf8");
const hasCurl = (() => {
  try {
    execFileSync("curl", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();

let directory: string;
let server: ServerProcess;
let openai: OpenAI;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-openai-"));
  server = await startServerProcess(directory);
  const { secret: apiKey } = await connect({ url: server.url }).apiKeys.create({ name: "k", role: "viewer" });
  openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "ms")
    .exec(page)![1]!
    .replaceAll("http://127.0.0.1:8080", server.url);
const run = promisify(execFile);

it("OpenAI's client gets the vectors that AkiDB's gets, to the bit, in either encoding", async () => {
  const texts = ["sorting in linear time", "東京の天気"];
  const own = await connect({ url: server.url }).embed({ texts });
  const expected = own.embeddings.map((embedding) => Array.from(embedding));
  for (const encoding_format of [undefined, "float", "base64"] as const) {
    const { data, model, usage } = await openai.embeddings.create({
      model: "hashing",
      input: texts,
      ...(encoding_format !== undefined && { encoding_format }),
    });
    const vectors = data.map(({ embedding }) =>
      typeof embedding === "string" ? floatsOf(embedding) : Array.from(embedding),
    );
    expect(vectors).toEqual(expected);
    expect(model).toBe("hashing");
    expect(usage.prompt_tokens).toBe(own.usage.totalTokens);
  }
});

function floatsOf(base64: string): readonly number[] {
  const bytes = Buffer.from(base64, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
}

it("OpenAI's client lists the models, and takes refusals for what they are", async () => {
  const ids = [];
  for await (const { id } of openai.models.list()) ids.push(id);
  expect(ids).toEqual(["hashing"]);
  expect(await openai.models.retrieve("hashing")).toMatchObject({ object: "model", owned_by: "akidb" });
  await expect(openai.models.retrieve("gpt-5")).rejects.toThrow(OpenAI.NotFoundError);
  await expect(openai.embeddings.create({ model: "hashing", input: [1, 2] })).rejects.toMatchObject({
    status: 400,
    code: "invalid_argument",
    param: "input",
    type: "invalid_request_error",
    message: expect.stringContaining("send the texts themselves"),
  });
  const stranger = openai.withOptions({ apiKey: "akidb_wrong" });
  await expect(stranger.models.list()).rejects.toThrow(OpenAI.AuthenticationError);
});

it.skipIf(!hasCurl)(`the page runs${hasCurl ? "" : " (skipped: there is no curl)"}`, async () => {
  const bin = `"${process.execPath}" "${join(root, "packages/akidb/bin/akidb.js")}"`;
  const commands = block("sh").replace("npx akidb", bin).replace("./akidb-data", directory);
  const program = `"${process.execPath}" --input-type=module --eval '${block("ts")}'`;
  const script = `${commands}\n${program}`;
  const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: join(root, "testing") });
  expect(stdout).toContain('"id":"hashing"');
  expect(stdout).toContain('"index":1');
  expect(stdout).toMatch(/384 \d+\n$/);
});
