import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, systemClock } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { huggingFaceHub } from "../adapters/huggingFaceHub.ts";
import { modelFolders } from "../adapters/modelFolders.ts";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";
import { type HubServer, startHubServer } from "./hubServer.test.support.ts";
import { pullModel } from "./pullModel.ts";

const id = "owner/tiny";
const random = new SeededRandom(8);
const weights = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 2_654_435_761) >>> 24));
const content: Readonly<Record<string, Buffer>> = {
  "README.md": Buffer.from("# Tiny"),
  "config.json": Buffer.from("{}"),
  "tokenizer.json": Buffer.from('{"model": {}}'),
  "1_Pooling/config.json": Buffer.from('{"pooling_mode_cls_token": true}'),
  "model.safetensors": weights,
  "onnx/model.onnx": weights,
  "onnx/model_quantized.onnx": weights.subarray(0, 1_000),
};
const neededNames = ["1_Pooling/config.json", "config.json", "onnx/model.onnx", "tokenizer.json"];

let modelDir: string;
let server: HubServer;
beforeEach(async () => {
  modelDir = mkdtempSync(join(tmpdir(), "akidb-pull-"));
  server = await startHubServer(id, content);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(modelDir, { recursive: true });
});

/** Every file below, with what is on its way. */
const below = (): readonly string[] =>
  readdirSync(modelDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(modelDir.length + 1))
    .sort();

const pulled = (): readonly string[] => neededNames.map((name) => `${id}/${name}`).sort();

function expectWhole(): void {
  expect(below()).toEqual(pulled());
  for (const name of neededNames) {
    expect(readFileSync(join(modelDir, id, name)).equals(content[name]!), name).toBe(true);
  }
}

/** Without the pauses, which are told. */
async function pull({ silenceMs = 60_000 } = {}): Promise<readonly number[]> {
  const pauses: number[] = [];
  const hub = huggingFaceHub({ endpoint: server.url, token: undefined, silenceMs });
  const model = await hub.describe(id, "main");
  await pullModel({
    hub,
    store: modelFolders(modelDir),
    model,
    files: model.files.filter(({ path }) => neededNames.includes(path)),
    onProgress: () => {},
    pause: async (ms) => pauses.push(ms),
  });
  return pauses;
}

/** Sends so many bytes of the weights, and no more. */
function cutAfter(bytes: number, times = 1): void {
  let left = times;
  server.misbehave = (request, response, whole) => {
    if (whole.length !== weights.length || left === 0) return false;
    left -= 1;
    const first = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
    const range = `bytes ${first}-${whole.length - 1}/${whole.length}`;
    response.writeHead(first > 0 ? 206 : 200, {
      "content-length": whole.length - first,
      ...(first > 0 && { "content-range": range }),
    });
    response.write(whole.subarray(first, first + bytes), () => response.destroy());
    return true;
  };
}

describe("akidb model pull", () => {
  async function run(...args: readonly string[]) {
    const terminal = recordingTerminal();
    await runProgram(["model", "pull", ...args, "--model-dir", modelDir], {
      terminal,
      files: systemFiles,
      machine: systemMachine,
      pipes: systemPipes,
      environment: { HF_ENDPOINT: server.url, HF_TOKEN: "hf_secret" },
      clock: systemClock,
      random,
      version: "1.2.3",
      exitWith: () => {},
    });
    return terminal;
  }

  it("fetches what is needed and no more, shows the token to the hub alone, and nobody else", async () => {
    const { printed, noted } = await run(id);
    expectWhole();
    expect(noted).toBe("");
    expect(printed).toContain("pulled owner/tiny: 4 files, 300.0 kB, to ");
    expect(printed + noted).not.toContain("hf_secret");
    for (const { to, authorization } of server.shown) {
      expect(authorization).toBe(to === "hub" ? "Bearer hf_secret" : undefined);
    }
    expect(server.shown.map(({ to }) => to)).toContain("storage");
  });

  it("takes quantized weights where it is asked to, and replaces a model where it is told to", async () => {
    await run(id);
    await expect(run(id, "--quantized")).rejects.toMatchObject({
      code: "already_exists",
      message: expect.stringContaining("--force replaces it"),
    });
    const { printed } = await run(id, "--quantized", "--force", "--json");
    expect(JSON.parse(printed)).toMatchObject({ model: id, commit: server.commit, bytes: 1_047 });
    expect(below()).toEqual(pulled().map((name) => name.replace("model.onnx", "model_quantized.onnx")));
  });

  it.each([
    ["owner/none", "not_found", /the model owner\/none \(main\) of 127.0.0.1:\d+ does not exist/],
    ["../tiny", "invalid_argument", /is no model's name/],
  ])("%s: %s", async (name, code, message) => {
    await expect(run(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(below()).toEqual([]);
  });

  async function offer(without: string): Promise<void> {
    await server[Symbol.asyncDispose]();
    const others = Object.entries(content).filter(([name]) => name !== without);
    server = await startHubServer(id, Object.fromEntries(others));
  }

  it("warns of a model that does not say how it pools", async () => {
    await offer("1_Pooling/config.json");
    expect((await run(id)).noted).toContain("1_Pooling/config.json");
  });

  it("says what a model lacks", async () => {
    await offer("onnx/model.onnx");
    await expect(run(id)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringMatching(/^owner\/tiny has no ONNX weights; .*Xenova/),
    });
  });
});

describe("a server that misbehaves", () => {
  it("cuts a file: the rest of it is asked for, after a pause", async () => {
    cutAfter(100_000, 2);
    expect(await pull()).toHaveLength(2);
    expectWhole();
    const asked = server.asked.filter((each) => each.startsWith("onnx/model.onnx"));
    expect(asked).toHaveLength(3);
    for (const each of asked.slice(1)) expect(each).toMatch(/^onnx\/model.onnx bytes=\d+-$/);
  });

  it("cuts without end: what has come is kept, and the next pull goes on from there", async () => {
    cutAfter(0, 100);
    await expect(pull()).rejects.toMatchObject({ code: "unavailable" });
    expect(server.asked.filter((each) => each.startsWith("onnx/model.onnx"))).toHaveLength(5);
    expect(existsSync(join(modelDir, id))).toBe(false);
    cutAfter(150_000);
    await pull();
    expectWhole();
    const names = server.asked.map((each) => each.split(" ")[0]);
    expect(names.filter((name) => name === "tokenizer.json")).toHaveLength(1);
  });

  it("cuts and knows no ranges: the file comes anew", async () => {
    cutAfter(100_000);
    const cut = server.misbehave!;
    server.misbehave = (request, response, whole) => {
      if (cut(request, response, whole)) return true;
      response.end(whole);
      return true;
    };
    await pull();
    expectWhole();
  });

  it("sends other bytes than it lists: once is once, twice is an error, and nothing of it is kept", async () => {
    const other = Buffer.from(weights).fill(7, 1_000, 2_000);
    let left = 1;
    server.misbehave = (_, response, whole) => {
      if (whole.length !== weights.length || left === 0) return false;
      left -= 1;
      response.end(other);
      return true;
    };
    await pull();
    expectWhole();
    rmSync(join(modelDir, id), { recursive: true });
    left = 2;
    await expect(pull()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/onnx\/model.onnx that .* its checksum is another one/),
    });
    expect(existsSync(join(modelDir, id))).toBe(false);
  });

  it("changes a small file, too", async () => {
    server.files.set("config.json", Buffer.from("[]"));
    await expect(pull()).rejects.toThrow("config.json that");
  });

  it("is silent: the pull goes on with another connection", async () => {
    let isSilent = true;
    server.misbehave = (_, response, whole) => {
      if (whole.length !== weights.length || !isSilent) return false;
      isSilent = false;
      response.write(whole.subarray(0, 10));
      return true;
    };
    await pull({ silenceMs: 300 });
    expectWhole();
  });

  it.each([
    [403, "permission_denied"],
    [404, "not_found"],
    [503, "unavailable"],
  ])("answers with %d: %s", async (status, code) => {
    server.misbehave = (_, response) => {
      response.writeHead(status).end();
      return true;
    };
    await expect(pull()).rejects.toMatchObject({ code });
    expect(server.asked).toHaveLength(status === 503 ? 5 : 1);
  });
});

it("what an earlier attempt has left damaged is fetched again", async () => {
  cutAfter(100_000, 100);
  const stop = new Error("stop");
  const hub = huggingFaceHub({ endpoint: server.url, token: undefined });
  const model = await hub.describe(id, "main");
  const files = model.files.filter(({ path }) => neededNames.includes(path));
  const store = modelFolders(modelDir);
  const pause = () => Promise.reject(stop);
  await expect(pullModel({ hub, store, model, files, onProgress: () => {}, pause })).rejects.toBe(stop);
  const part = below().find((name) => name.endsWith("model.onnx.part"))!;
  const bytes = readFileSync(join(modelDir, part));
  writeFileSync(join(modelDir, part), bytes.fill(0, 0, 10));
  server.misbehave = undefined;
  await pull();
  expectWhole();
});
