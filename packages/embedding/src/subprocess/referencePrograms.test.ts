import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createSubprocessProvider } from "../createEmbeddingProvider.ts";
import { checkEmbeddingProvider } from "../embeddingProvider.contract.ts";
import type { EmbeddingProvider } from "../embeddingProvider.ts";

const tools = fileURLToPath(new URL("../../../../tools", import.meta.url));
const runtime = fileURLToPath(new URL("pythonRuntime", import.meta.url));

const missing = whyNoPython();
const reason = missing === undefined ? "" : ` (skipped: ${missing})`;

function whyNoPython(): string | undefined {
  try {
    execFileSync("python3", ["-c", "import sys, numpy; assert sys.version_info >= (3, 9)"], {
      stdio: "pipe",
    });
    return undefined;
  } catch (error) {
    const { code, stderr } = error as { readonly code?: string; readonly stderr?: Buffer };
    return code === "ENOENT" ? "there is no python3" : `${stderr}`.trim().split("\n").at(-1);
  }
}

const folder = mkdtempSync(join(tmpdir(), "akidb-model-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** As on the hub, with what the stand-in of the runtime takes for weights. */
function modelFolder(name: string, files: Readonly<Record<string, unknown>> = {}): string {
  const path = join(folder, name);
  mkdirSync(join(path, "onnx"), { recursive: true });
  mkdirSync(join(path, "1_Pooling"), { recursive: true });
  writeFileSync(join(path, "onnx/model.onnx"), "weights");
  writeFileSync(join(path, "model.safetensors"), "weights");
  for (const [file, content] of Object.entries({ "tokenizer.json": {}, "config.json": {}, ...files })) {
    writeFileSync(join(path, file), JSON.stringify(content));
  }
  return path;
}

const opened: EmbeddingProvider[] = [];
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close();
});

/** With Python as it is on this machine, and the stand-ins before whatever it has installed. */
const command = (program: string, ...args: readonly string[]): readonly string[] => [
  "env",
  `PYTHONPATH=${runtime}`,
  "PYTHONDONTWRITEBYTECODE=1",
  "python3",
  join(tools, program),
  ...args,
];

const lines: string[] = [];

function open(program: string, path: string, model: string, ...args: readonly string[]): EmbeddingProvider {
  const given = { command: command(program, path, ...args), model };
  const provider = createSubprocessProvider(given, { onProgramLine: (line) => lines.push(line) });
  opened.push(provider);
  return provider;
}

/** What the stand-in gives, computed anew: the states of each token. */
function statesOf(text: string): number[][] {
  const ids = [1, ...text.split(" ").map((word) => (crc32(word) % 30_000) + 3), 2];
  return ids.map((id) => Array.from({ length: 24 }, (_, i) => ((id * (i + 1)) % 17) - 8));
}

const unit = (vector: readonly number[]): number[] => vector.map((x) => x / Math.hypot(...vector));

const meanOf = (states: number[][]): number[] =>
  states[0]!.map((_, i) => states.reduce((sum, state) => sum + state[i]!, 0) / states.length);

function expectVectors(vectors: Float32Array, rows: readonly (readonly number[])[]): void {
  expect(vectors).toHaveLength(24 * rows.length);
  for (const [row, expected] of rows.entries()) {
    for (const [i, x] of unit(expected).entries()) expect(vectors[24 * row + i]).toBeCloseTo(x, 5);
  }
}

const plain = modelFolder("plain");
const told = modelFolder("told", {
  "1_Pooling/config.json": { pooling_mode_cls_token: true },
  "sentence_bert_config.json": { max_seq_length: 5 },
  "config_sentence_transformers.json": { prompts: { query: "ask: ", passage: "tell: " } },
});
const texts = ["red", "the red fox sleeps"];

describe.skipIf(missing !== undefined)(`the reference programs${reason}`, () => {
  describe.each(["embed_onnx.py", "embed_mlx.py"])("%s", (program) => {
    it("pools by mean where the folder says nothing, and adds no words", async () => {
      const model = await open(program, plain, "plain").model();
      expect(model).toMatchObject({ dimension: 24, maxTokens: 512 });
      const { vectors, totalTokens } = await model.embed(texts);
      expectVectors(
        vectors,
        texts.map((text) => meanOf(statesOf(text))),
      );
      expect(totalTokens).toBe(3 + 6);
    });

    it("takes pooling, prefixes and length from the folder, but for those that it is given", async () => {
      const asTold = await open(program, told, "told").model();
      expect(asTold.maxTokens).toBe(5);
      const cut = await asTold.embed(["one two three four five six"], { inputType: "query" });
      expect(cut.totalTokens).toBe(5);
      expectVectors(cut.vectors, [statesOf("ask:")[0]!]);
      const given = await open(
        program,
        told,
        "told",
        "--pooling=last",
        "--query-prefix=q ",
        "--max-tokens=9",
      ).model();
      for (const [inputType, words] of [
        ["query", "q one two"],
        ["document", "tell: one two"],
      ] as const) {
        const { vectors, totalTokens } = await given.embed(["one two"], { inputType });
        expectVectors(vectors, [statesOf(words).at(-1)!]);
        expect(totalTokens).toBe(2 + words.split(" ").length);
      }
      expect(given.fingerprint).not.toBe(asTold.fingerprint);
      const notice = "1 text was longer than 9 tokens; the model has not seen the rest";
      expect(lines).not.toContain(notice);
      await given.embed(["one two", "word ".repeat(100)]);
      expect(lines.splice(0)).toContain(notice);
    });
  });

  it("refuse a name that is not their folder's, and say why to whoever runs the server", async () => {
    const provider = open("embed_onnx.py", plain, "other");
    await expect(provider.model()).rejects.toThrow(/^the embedding program refuses to work$/);
    expect(provider.state).toMatchObject({
      reason: expect.stringContaining("the folder is of the model 'plain', not of 'other' (embedding.model)"),
    });
  });

  it("say which devices there are where the one wanted is missing", async () => {
    const provider = open("embed_onnx.py", plain, "plain", "--device", "cuda");
    await expect(provider.model()).rejects.toThrow();
    expect(provider.state).toMatchObject({
      reason: expect.stringContaining("cannot use cuda; it has: CPUExecutionProvider"),
    });
  });

  checkEmbeddingProvider(
    "subprocess",
    () => createSubprocessProvider({ command: command("embed_onnx.py", plain), model: "plain" }),
    { hasOneDimension: true },
  );
});
