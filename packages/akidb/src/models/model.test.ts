import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, SeededRandom, systemClock } from "@akidb/base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemFiles } from "../adapters/systemFiles.ts";
import { systemMachine } from "../adapters/systemMachine.ts";
import { systemPipes } from "../adapters/systemPipes.ts";
import { runProgram } from "../program.ts";
import { recordingTerminal } from "../terminal/recordingTerminal.test.support.ts";
import { sampleSentences } from "./sampleSentences.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akidb-model-"));
  await akidb("collections", "create", "books", "--dimension", "768");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A trial takes as long as its clock says. */
let elapsedMs = 0;
const fastClock: Clock = {
  ...systemClock,
  monotonicMs: () => {
    elapsedMs += 500;
    return elapsedMs;
  },
};

const akidb = (...args: readonly string[]): Promise<string> => akidbIn({}, args);

async function akidbIn(
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
): Promise<string> {
  const terminal = recordingTerminal();
  await runProgram([...args, "--data-dir", join(folder, "data")], {
    terminal,
    files: systemFiles,
    machine: systemMachine,
    pipes: systemPipes,
    environment,
    clock: fastClock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: () => {},
  });
  return terminal.printed;
}

it("lists the models with how many collections are pinned to each", async () => {
  const [head, first, second] = (await akidb("model", "list")).split("\n");
  expect(head).toMatch(/^MODEL +PROVIDER +DIMENSION +TOKENS +COLLECTIONS +STATE +FINGERPRINT$/);
  expect(first).toMatch(/^hashing \(default\) +hashing +384 +0 +ready +hashing\/1\/384$/);
  expect(second).toMatch(/^hashing +hashing +768 +1 +ready +hashing\/1\/768$/);
  expect(JSON.parse(await akidb("model", "list", "--json"))).toMatchObject([
    { name: "hashing", is_default: true, max_tokens: null, collection_count: 0 },
    { name: "hashing", is_default: false, fingerprint: "hashing/1/768", collection_count: 1 },
  ]);
});

it("tries a model: its dimension, its speed, and which sentences are nearest to each other", async () => {
  const printed = await akidb("model", "test");
  expect(printed).toMatch(/^model +hashing\ndimension +384\none text +\d+\.\d ms\nmany texts +[\d,]+\/s\n/);
  const trial = JSON.parse(await akidb("model", "test", "hashing", "--json"));
  expect(trial).toMatchObject({ model: "hashing", dimension: 384, query_ms: expect.any(Number) });
  expect(trial.texts_per_second).toBeGreaterThan(0);
  const cosines = trial.pairs.map(({ cosine }: { cosine: number }) => cosine);
  expect(cosines).toEqual(cosines.toSorted((a: number, b: number) => b - a));
  // It is lexical: what shares words comes first.
  const lexical = sampleSentences.slice(8);
  expect(lexical).toContain(trial.pairs[0].first);
  expect(lexical).toContain(trial.pairs[0].second);
  await expect(akidb("model", "test", "gpt")).rejects.toMatchObject({ code: "invalid_argument" });
});

it("switches to the next model, and says what a server is not configured with", async () => {
  const two = { AKIDB_EMBEDDING_NEXT_PROVIDER: "mock" };
  expect(await akidbIn(two, ["model", "switch", "mock"])).toBe(
    "mock (16 dimensions) embeds for new collections now\n",
  );
  const [, first, second] = (await akidbIn(two, ["model", "list"])).split("\n");
  expect(first).toMatch(/^mock \(default\) +mock +16 /);
  expect(second).toMatch(/^hashing +hashing +384 /);
  expect(JSON.parse(await akidbIn(two, ["model", "switch", "hashing", "--json"]))).toMatchObject({
    name: "hashing",
    is_default: true,
  });
  await expect(akidb("model", "switch", "mock")).rejects.toMatchObject({ code: "not_found" });
  const narrow = JSON.parse(await akidb("model", "list", "--json"))[1].model_id;
  await expect(akidb("model", "switch", narrow)).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining("[embedding.next]"),
  });
});

it("the documented way to another model embeds all texts anew, and leads back", async () => {
  const page = readFileSync(new URL("../../../../docs/embeddings.md", import.meta.url), "utf8");
  const block = /^### Changing the model\n.*?^```sh\n(.*?)^```/ms.exec(page)![1]!;
  const [forth, back, ...others] = block.trim().split("\n");
  expect(others).toEqual([]);
  const run = (line: string) => akidb(...line.replace(/ +#.*/, "").split(" ").slice(1));
  writeFileSync(join(folder, "books.csv"), "text\na red fox\n");
  await akidb("import", join(folder, "books.csv"));
  const dimension = async () => JSON.parse(await akidb("collections", "get", "books", "--json")).dimension;
  expect(await run(forth!)).toMatch(/^books: flipped, with hashing, the way back is open until \d{4}-/);
  expect(await dimension()).toBe(384);
  expect(JSON.parse(await akidb("query", "books", "red fox", "--json")).matches).toHaveLength(1);
  await run(back!);
  expect(await dimension()).toBe(768);
  expect(await akidb("collections", "reembed", "books", "--cancel")).toBe("books: flipped, with hashing\n");
  const show = JSON.parse(await akidb("collections", "reembed", "books", "--show", "--json"));
  expect(show).toMatchObject({ state: "flipped", keep_until: null, documents_done: null });
  await expect(akidb("collections", "reembed", "books", "--pause")).rejects.toMatchObject({
    code: "failed_precondition",
  });
  await expect(akidb("collections", "reembed", "books", "--show", "--pause")).rejects.toMatchObject({
    code: "invalid_argument",
  });
});

it("removes the folder of a model that nothing uses, and says what does", async () => {
  const models = join(folder, "models");
  const put = (id: string): string => {
    const path = join(models, id);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "tokenizer.json"), "{}");
    return path;
  };
  const rm = (id: string, environment = {}) =>
    akidbIn(environment, ["model", "rm", id, "--model-dir", models, "--yes"]);
  // As if it had the name of what embeds for the collections.
  const used = put("hashing");
  await expect(rm("hashing")).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringMatching(/^hashing embeds for collections, .*"books"/),
  });
  const unused = put("owner/unused");
  const configured = { AKIDB_EMBEDDING_PROVIDER: "onnx", AKIDB_EMBEDDING_MODEL: "owner/unused" };
  await expect(rm("owner/unused", configured)).rejects.toMatchObject({ code: "failed_precondition" });
  expect(existsSync(used) && existsSync(unused)).toBe(true);
  expect(await rm("owner/unused")).toBe(`removed owner/unused from ${unused}\n`);
  expect(existsSync(unused)).toBe(false);
  await expect(rm("owner/unused")).rejects.toMatchObject({ code: "not_found" });
  mkdirSync(join(models, "data"));
  await expect(rm("data")).rejects.toMatchObject({ code: "not_found" });
  await expect(rm("../x")).rejects.toMatchObject({ code: "invalid_argument" });
});
