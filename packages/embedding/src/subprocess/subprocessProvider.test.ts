import { deadlineAfter, SeededRandom, systemClock } from "@akidb/base";
import { afterEach, describe, expect, it } from "vitest";
import { createSubprocessProvider, type ServerOptions } from "../createEmbeddingProvider.ts";
import { checkEmbeddingProvider } from "../embeddingProvider.contract.ts";
import type { EmbeddingProvider } from "../embeddingProvider.ts";
import { QueuedProvider } from "../queue/queuedProvider.ts";
import { embeddingProgram, programDimension } from "./embeddingProgram.test.support.ts";

const program = { command: embeddingProgram(), model: "m" };

checkEmbeddingProvider("subprocess", () => createSubprocessProvider(program), { hasOneDimension: true });

const opened: EmbeddingProvider[] = [];
afterEach(async () => {
  for (const provider of opened.splice(0)) await provider.close();
});

const time = { ms: 0 };
const clock = { nowMs: () => time.ms, monotonicMs: () => time.ms };

function open(options: ServerOptions = {}, onProgramLine: (line: string) => void = () => {}) {
  const provider = createSubprocessProvider({ ...program, ...options }, { clock, onProgramLine });
  opened.push(provider);
  return provider;
}

it("learns from the program what its model is", async () => {
  const provider = open();
  expect(provider.state).toEqual({ status: "loading" });
  expect(await provider.model()).toMatchObject({
    name: "m",
    dimension: programDimension,
    maxTokens: 512,
    fingerprint: "subprocess/1/m/24/sha256:1",
  });
  expect(provider.state).toEqual({ status: "ready" });
  await expect(provider.model("m", 384)).rejects.toMatchObject({
    violations: [{ path: "dimension", detail: "must be 24, that of the model m, not 384" }],
  });
});

it("says whether texts are queries or documents", async () => {
  const model = await open().model();
  const plain = await model.embed(["query", "document"]);
  expect((await model.embed(["kind"], { inputType: "query" })).vectors).toEqual(plain.vectors.slice(0, 24));
  expect((await model.embed(["kind"])).vectors).toEqual(plain.vectors.slice(24));
});

it("takes numbers as well as base64", async () => {
  const model = await open().model();
  const [asNumbers] = [(await model.embed(["numbers", "a"])).vectors];
  expect(asNumbers.slice(24)).toEqual((await model.embed(["a"])).vectors);
});

it("says how many texts the program has cut, once a minute", async () => {
  const lines: string[] = [];
  const model = await open({}, (line) => lines.push(line)).model();
  time.ms = 1_000_000;
  await model.embed(["cut", "long", "longer"]);
  expect(lines).toEqual(["2 texts were longer than 512 tokens; the model has not seen the rest"]);
  await model.embed(["cut", "long", "longer"]);
  expect(lines).toHaveLength(1);
  time.ms += 60_000;
  await model.embed(["short"]);
  expect(lines).toHaveLength(2);
});

it("sends no text that programs might take for several lines", async () => {
  const model = await open().model();
  const texts = ["a\u2028b", "a\u2029b", "a\u0085b", "a\nb", "a\r\nb", "a\u000bb"];
  const { vectors } = await model.embed(texts);
  const rows = texts.map((_, row) => vectors.slice(24 * row, 24 * row + 24).join());
  expect(new Set(rows).size).toBe(texts.length);
});

it("asks in batches, and names each text that is refused", async () => {
  const model = await open({ batchSize: 2 }).model();
  const texts = ["a", "refuse 1", "b", "c", "d", "refuse 2"];
  await expect(model.embed(texts)).rejects.toMatchObject({
    code: "invalid_argument",
    violations: [1, 5].map((index) => ({
      path: `texts[${index}]`,
      detail: "is refused by the embedding program: no",
    })),
  });
});

describe("a program that starts badly", () => {
  it.each([
    ["version", "the embedding program speaks version 2 of the protocol and not 1"],
    ["model", 'the embedding program has the model "other" and not "m"'],
    ["dimension", "the embedding program has a model of 5000 dimensions; 16 to 4096 can be stored"],
    ["fingerprint", /^the embedding program does not say by what its model is known/],
    ["refusal", "the embedding program refuses to work"],
    ["exit", "the embedding program ended with exit code 1"],
    ["silent", "the embedding program was not ready within 200 ms"],
  ])("%s", async (start, message) => {
    const provider = open({
      command: embeddingProgram(start),
      startTimeoutMs: start === "silent" ? 200 : 30_000,
    });
    await expect(provider.model()).rejects.toMatchObject({
      code: "unavailable",
      message: typeof message === "string" ? message : expect.stringMatching(message),
    });
  });

  it("is told of to whoever runs the server, with what it said", async () => {
    const lines: string[] = [];
    const provider = open({ command: embeddingProgram("exit") }, (line) => lines.push(line));
    await expect(provider.model()).rejects.toThrow();
    const said = "ModuleNotFoundError: No module named 'onnxruntime'";
    expect(provider.state).toEqual({
      status: "degraded",
      reason: `the embedding program ended with exit code 1; its last line was: ${said}`,
    });
    expect(lines).toEqual([said]);
    const refusing = open({ command: embeddingProgram("refusal") });
    await expect(refusing.model()).rejects.toThrow(/^the embedding program refuses to work$/);
    expect(refusing.state).toMatchObject({ reason: expect.stringContaining("no such folder: /models/m") });
  });

  it.each([
    [["/nowhere/to/be/found"], "the embedding program cannot be started: there is no such program"],
    [["/"], "the embedding program cannot be started (EACCES)"],
    [["a\0b"], "the embedding program cannot be started (ERR_INVALID_ARG_VALUE)"],
  ])("is none: %j", async (command, message) => {
    await expect(open({ command }).model()).rejects.toMatchObject({ code: "unavailable", message });
  });
});

describe("a program that fails", () => {
  it.each([
    ["crash", "was ended by SIGKILL"],
    ["exit", "ended with exit code 3"],
    ["garbage", "answered with a line that is no message of the protocol"],
    ["list", "answered with a line that is no message of the protocol"],
    ["huge", "answered with a line that is too long"],
    ["unasked", "answered what it was not asked"],
    ["closed", "has closed its output"],
    ["silent", "has not answered within 300 ms"],
  ])("by %s: what is under way fails, and the next call has another run", async (misdeed, how) => {
    const expected = await (await open().model()).embed(["a"]);
    const model = await open({ timeoutMs: misdeed === "silent" ? 300 : 30_000 }).model();
    const outcomes = await Promise.allSettled([
      model.embed([misdeed]),
      model.embed(["b"]),
      model.embed(["c"]),
    ]);
    for (const outcome of outcomes) {
      // What was answered before is an answer.
      if (outcome.status === "fulfilled") continue;
      expect(outcome.reason).toMatchObject({
        code: "unavailable",
        message: `the embedding program ${how}`,
        retryAfterMs: 500,
      });
    }
    expect(outcomes[0]?.status).toBe("rejected");
    const again = () => {
      time.ms += 30_000;
      return model.embed(["a"]).catch(() => undefined);
    };
    await expect.poll(again).toEqual(expected);
  });

  it.each([
    ["nothing", "it has no embeddings"],
    ["few", "it has 0 embeddings for 1 texts"],
    ["narrow", "embedding 0 has 3 dimensions and not 24"],
    ["nan", "component 0 of embedding 0 is no finite number"],
    ["zeros", "embedding 0 has no direction"],
    ["miscounted", "truncated is no list of positions of texts"],
    ["half", "the base64 of item 0 holds no float32 components"],
  ])("with one answer (%s): the others are given", async (misdeed, why) => {
    const model = await open().model();
    const [bad, good] = await Promise.allSettled([model.embed([misdeed]), model.embed(["a"])]);
    expect(bad).toMatchObject({
      reason: {
        code: "unavailable",
        message: `the embedding program's answer cannot be used: ${why}`,
        retryAfterMs: undefined,
      },
    });
    expect(good?.status).toBe("fulfilled");
  });

  it("and says so: in its own words for whoever runs the server alone", async () => {
    const provider = open();
    const model = await provider.model();
    await expect(model.embed(["busy"])).rejects.toMatchObject({
      message: "the embedding program has failed",
      retryAfterMs: 1_000,
    });
    expect(provider.state).toEqual({
      status: "degraded",
      reason: "the embedding program has failed; out of memory at /secret/path",
    });
    await expect(model.embed(["broken"])).rejects.toMatchObject({ retryAfterMs: undefined });
  });

  it("and comes back with another model: no vector is mixed with the others", async () => {
    const model = await open({ command: embeddingProgram("changing") }).model();
    await expect(model.embed(["crash"])).rejects.toThrow();
    time.ms += 500;
    await expect
      .poll(() => model.embed(["a"]).catch((error: Error) => error.message))
      .toBe("the embedding program came back with another model");
  });

  it("is asked again by the queue: nobody in front of it hears of a crash", async () => {
    const pids: number[] = [];
    const provider = new QueuedProvider(
      createSubprocessProvider(
        { ...program, command: embeddingProgram("telling") },
        { onProgramLine: (line) => pids.push(Number(line)) },
      ),
      { batchSize: 1, textsMax: 100, clock: systemClock, random: new SeededRandom(3) },
    );
    opened.push(provider);
    const model = await provider.model();
    const all = Promise.all(["slow", "a", "b", "c"].map((text) => model.embed([text])));
    await expect.poll(() => pids).toHaveLength(1);
    process.kill(pids[0]!, "SIGKILL");
    expect(await all).toHaveLength(4);
    expect(new Set(pids).size).toBe(2);
  });
});

describe("a caller that leaves", () => {
  it("is let go at once, which is no fault of the program", async () => {
    const provider = open();
    const model = await provider.model();
    using deadline = deadlineAfter(systemClock, 20);
    await expect(model.embed(["silent"], { signal: deadline.signal })).rejects.toMatchObject({
      code: "deadline_exceeded",
    });
    expect(provider.state).toEqual({ status: "ready" });
    expect((await model.embed(["a"])).vectors).toHaveLength(24);
  });

  it("leaves no more than two requests to the program, however many come and go", async () => {
    const model = await open({ timeoutMs: 300 }).model();
    for (let i = 0; i < 20; i++) {
      await expect(model.embed(["silent"], { signal: AbortSignal.timeout(1) })).rejects.toThrow();
    }
    // The third waits until the program is given up for the first two.
    await expect(model.embed(["a"])).rejects.toThrow("the embedding program has not answered within 300 ms");
  });

  it("closing: what is under way is refused, and the program is gone", async () => {
    const provider = open();
    const model = await provider.model();
    const embedded = expect(model.embed(["silent"])).rejects.toThrow("the database is closing");
    await provider.close();
    await embedded;
    await expect(model.embed(["a"])).rejects.toThrow("the database is closing");
  });
});
