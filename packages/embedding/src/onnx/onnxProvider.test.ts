import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SeededRandom, systemClock } from "@akidb/base";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openModelFolder } from "../adapters/modelFolder.ts";
import { onnxLauncher } from "../adapters/onnxLauncher.ts";
import { createOnnxProvider, type ServerOptions } from "../createEmbeddingProvider.ts";
import { checkEmbeddingProvider } from "../embeddingProvider.contract.ts";
import type { EmbeddingProvider } from "../embeddingProvider.ts";
import type { LaunchedProcess } from "../process/launchedProcess.ts";
import { QueuedProvider } from "../queue/queuedProvider.ts";
import { SubprocessProvider } from "../subprocess/subprocessProvider.ts";
import { attended, tinyDimension, tokensOf, weight, writeTinyModel } from "./tinyModel.test.support.ts";

const modelDir = mkdtempSync(join(tmpdir(), "akidb-onnx-"));
const write = (
  model: string,
  ...rest: Parameters<typeof writeTinyModel> extends [unknown, ...infer R] ? R : never
) => writeTinyModel(join(modelDir, model), ...rest);

const prompts = { query: "query: ", passage: "passage: " };
beforeAll(() => {
  write("mean", "mean");
  write("tiny/attention", "attention", {
    "config_sentence_transformers.json": { prompts },
    "1_Pooling/config.json": { pooling_mode_cls_token: true, pooling_mode_mean_tokens: false },
    "modules.json": ["Transformer", "Pooling", "Normalize"].map((name) => ({
      type: `sentence_transformers.models.${name}`,
    })),
  });
});
afterAll(() => rmSync(modelDir, { recursive: true }));

checkEmbeddingProvider("onnx", () => createOnnxProvider({ modelDir, model: "mean" }), {
  hasOneDimension: true,
  roundsByBatch: true,
  batchesTried: 15,
});

const opened: EmbeddingProvider[] = [];
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close();
});

function open(model: string, options: ServerOptions = {}, onProgramLine: (line: string) => void = () => {}) {
  const provider = createOnnxProvider({ modelDir, model, ...options }, { onProgramLine });
  opened.push(provider);
  return provider;
}

function expectRows(vectors: Float32Array, rows: readonly (readonly number[])[]): void {
  expect(vectors).toHaveLength(rows.length * tinyDimension);
  const expected = rows.flatMap((row) => row.map((component) => component / Math.hypot(...row)));
  for (const [i, component] of vectors.entries())
    expect(Math.abs(component - expected[i]!)).toBeLessThan(1e-5);
}

const stateOf = (id: number): number[] => Array.from({ length: tinyDimension }, (_, i) => weight(id, i));
const meanOf = (states: readonly (readonly number[])[]): number[] =>
  states[0]!.map((_, i) => states.reduce((sum, state) => sum + state[i]!, 0) / states.length);

const texts = ["the lazy dog sleeps afterwards", "fox", "A red fox : 0 1 2", "unknown é", "qwerty"];

describe("vectors are those of an independent computation", () => {
  it("where the weights pool", async () => {
    const model = await open("mean").model();
    const { vectors, totalTokens } = await model.embed(texts);
    expectRows(
      vectors,
      texts.map((text) => meanOf(tokensOf(text.replace("é", "e")).map(stateOf))),
    );
    expect(totalTokens).toBe(texts.reduce((sum, text) => sum + tokensOf(text.replace("é", "e")).length, 0));
  });

  it("with attention, masks and prefixes", async () => {
    const model = await open("tiny/attention").model();
    const plain = texts.filter((text) => !text.includes("é"));
    for (const [inputType, prefix] of [
      ["query", "query : "],
      ["document", "passage : "],
    ] as const) {
      const { vectors } = await model.embed(plain, { inputType });
      expectRows(
        vectors,
        plain.map((text) => [...attended(tokensOf(prefix + text))[0]!]),
      );
    }
  });

  it.each([
    ["mean", { pooling_mode_mean_tokens: true }, meanOf],
    ["last", { pooling_mode_lasttoken: true }, (states: number[][]) => states.at(-1)!],
  ])("with %s pooling", async (name, pooling, pool) => {
    write(`states-${name}`, "states", { "1_Pooling/config.json": pooling });
    const { vectors } = await (await open(`states-${name}`).model()).embed(texts.slice(0, 3));
    expectRows(
      vectors,
      texts.slice(0, 3).map((text) => pool(tokensOf(text).map(stateOf))),
    );
  });
});

it("cuts a text that is too long, keeps its last special token, and says so", async () => {
  write("short", "states", {
    "sentence_bert_config.json": { max_seq_length: 6 },
    "1_Pooling/config.json": { pooling_mode_mean_tokens: true },
  });
  const lines: string[] = [];
  const model = await open("short", {}, (line) => lines.push(line)).model();
  expect(model.maxTokens).toBe(6);
  const long = `a red fox the ${"lazy ".repeat(5_000)}`.trim();
  const { vectors, totalTokens } = await model.embed([long, "a red fox the"]);
  expect(totalTokens).toBe(12);
  expect(vectors.subarray(0, tinyDimension)).toEqual(vectors.subarray(tinyDimension));
  await expect
    .poll(() => lines)
    .toEqual(["1 text was longer than 6 tokens; the model has not seen the rest"]);
});

it("fingerprints weights and settings", async () => {
  const fingerprint = async (model: string) => await openModelFolder(join(modelDir, model)).fingerprint();
  write("one/m", "states");
  write("two/m", "states", { "1_Pooling/config.json": { pooling_mode_cls_token: true } });
  write("three/m", "attention");
  const seen = await Promise.all(["one/m", "two/m", "three/m"].map(fingerprint));
  expect(seen[0]).toMatch(/^sha256:[\da-f]{64}$/);
  expect(new Set(seen).size).toBe(3);
  write("four/m", "states");
  expect(await fingerprint("four/m")).toBe(seen[0]);
  expect((await open("one/m").model()).fingerprint).toBe(`onnx/1/one%2Fm/24/${seen[0]}`);
});

describe("what is amiss is said", () => {
  it("the runtime is not installed: the command that installs it", async () => {
    const launch = onnxLauncher({ model: "mean", modelDir }, () => {
      throw new Error("Cannot find module 'onnxruntime-node'");
    });
    const parts = { kind: "onnx", launch, clock: systemClock, onLine: () => {} } as const;
    await expect(new SubprocessProvider({ model: "mean" }, parts).model()).rejects.toMatchObject({
      code: "unavailable",
      message:
        "ONNX Runtime is not installed; install it beside akidb: npm install --ignore-scripts onnxruntime-node@1.30.0",
    });
  });

  it.each([
    ["absent", {}, "there is no folder"],
    ["no-weights", { "onnx/model.onnx": undefined }, "has no onnx/model.onnx"],
    ["no-tokenizer", { "tokenizer.json": undefined }, "has no tokenizer.json"],
  ])("%s", async (model, files, reason) => {
    if (model !== "absent") write(model, "mean", files);
    const provider = open(model);
    await expect(provider.model()).rejects.toMatchObject({
      code: "unavailable",
      message: `the model ${model} is not in embedding.model_dir`,
    });
    expect(provider.state).toMatchObject({ status: "degraded", reason: expect.stringContaining(reason) });
  });

  it("until it is there", async () => {
    const provider = open("late");
    await expect(provider.model()).rejects.toMatchObject({ code: "unavailable" });
    write("late", "mean");
    expect((await provider.model()).dimension).toBe(tinyDimension);
    expect(provider.state).toEqual({ status: "ready" });
  });

  it("a file that is no JSON", () => {
    write("bad-json", "states", { "tokenizer.json": new Uint8Array(9) });
    expect(() => openModelFolder(join(modelDir, "bad-json"))).toThrow(/tokenizer.json cannot be read: /);
  });

  it.each([
    ["bad-weights", { "onnx/model.onnx": new Uint8Array(99) }, "cannot load the model: "],
    ["dense", { "modules.json": [{ type: "sentence_transformers.models.Dense" }] }, "Dense"],
  ])("%s", async (model, files, reason) => {
    write(model, "states", files);
    const provider = open(model);
    await expect(provider.model()).rejects.toMatchObject({ code: "unavailable" });
    expect(provider.state).toMatchObject({ status: "degraded", reason: expect.stringContaining(reason) });
  });

  it("a device that is not there", async () => {
    const device = process.platform === "darwin" ? "cuda" : "coreml";
    const provider = open("mean", { device });
    await expect(provider.model()).rejects.toThrow("refuses to work");
    expect(provider.state).toMatchObject({
      reason: expect.stringMatching(new RegExp(`cannot use ${device}; it has .*cpu`)),
    });
  });

  it.each(["../mean", "/mean", "a//b", "a/./b", ""])("a name that is no folder's: %j", (model) => {
    expect(() => open(model)).toThrow(/is no folder's name/);
  });
});

describe("the process", () => {
  /** With a hand on its processes. */
  function supervised(idleMs?: number) {
    const launched: LaunchedProcess[] = [];
    const launch = onnxLauncher({ model: "tiny/attention", modelDir });
    const provider = new SubprocessProvider(
      { model: "tiny/attention", ...(idleMs !== undefined && { idleMs }) },
      {
        kind: "onnx",
        launch: () => {
          launched.push(launch());
          return launched.at(-1)!;
        },
        clock: systemClock,
        onLine: () => {},
      },
    );
    opened.push(provider);
    return { provider, launched };
  }

  it("is killed in the middle of a batch: the queue asks again, and nobody hears of it", async () => {
    const { provider, launched } = supervised();
    const random = new SeededRandom(7);
    const queued = new QueuedProvider(provider, {
      batchSize: 32,
      textsMax: 1_000,
      clock: systemClock,
      random,
    });
    opened.push(queued);
    const model = await queued.model();
    const many = Array.from({ length: 96 }, (_, i) => `the lazy dog ${i}`);
    const embedding = model.embed(many);
    launched[0]!.kill("SIGKILL");
    const { vectors } = await embedding;
    expect(launched).toHaveLength(2);
    expectRows(
      vectors,
      many.map((text) => [...attended(tokensOf(`passage : ${text}`))[0]!]),
    );
  });

  it("is killed while nobody repeats: the error says that another try may do", async () => {
    const { provider, launched } = supervised();
    const model = await provider.model();
    const embedding = model.embed(["fox"]);
    launched[0]!.kill("SIGKILL");
    await expect(embedding).rejects.toMatchObject({ code: "unavailable", retryAfterMs: expect.any(Number) });
  });

  it("ends when nothing was asked for a while, and is there again with the next text", async () => {
    const { provider, launched } = supervised(50);
    const model = await provider.model();
    const first = await model.embed(["fox"]);
    expect(await launched[0]!.ended).toMatch(/SIGTERM|exit code/);
    expect(provider.state).toEqual({ status: "ready" });
    expect(await model.embed(["fox"])).toEqual(first);
    expect(launched).toHaveLength(2);
  });
});
