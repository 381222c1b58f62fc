import { invalidArgument, SeededRandom, systemClock, unavailable } from "@akidb/base";
import { afterEach, describe, expect, it, vi } from "vitest";
import { checkEmbeddingProvider } from "../embeddingProvider.contract.ts";
import type { EmbeddingModel } from "../embeddingProvider.ts";
import { createMockProvider } from "../mock/mockProvider.ts";
import { GatedModel } from "./gatedModel.test.support.ts";
import { QueuedProvider, type QueuedProviderOptions } from "./queuedProvider.ts";

const defaults = { batchSize: 32, textsMax: 100, clock: systemClock, random: new SeededRandom(7) };

checkEmbeddingProvider(
  "mock",
  () => new QueuedProvider(createMockProvider(), { ...defaults, textsMax: 10_000 }),
  {
    sharesTokens: true,
  },
);

const opened: QueuedProvider[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const provider of opened.splice(0)) await provider.close();
});

async function open(options: Partial<QueuedProviderOptions> = {}) {
  const gated = new GatedModel();
  const provider = new QueuedProvider(gated.provider, { ...defaults, ...options });
  opened.push(provider);
  return { gated, provider, model: await provider.model() };
}

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Two calls that keep the model busy, so that what comes next has to wait. */
async function occupy(gated: GatedModel, model: EmbeddingModel): Promise<Promise<unknown>[]> {
  const first = model.embed(["busy 1"]);
  await gated.call(0);
  const second = model.embed(["busy 2"]);
  await gated.call(1);
  return [first, second];
}

describe("a queue of texts", () => {
  it("gathers what several bring at the same time, each text once, and gives each its own", async () => {
    const { gated, model } = await open();
    const both = [model.embed(["a", "b", "a"]), model.embed(["b", "c"])];
    const call = await gated.call(0);
    expect(call.texts).toEqual(["a", "b", "c"]);
    await call.answer();
    const plain = await createMockProvider().model();
    const [one, other] = await Promise.all(both);
    expect(one?.vectors).toEqual((await plain.embed(["a", "b", "a"])).vectors);
    expect(other?.vectors).toEqual((await plain.embed(["b", "c"])).vectors);
    expect(gated.calls).toHaveLength(1);
  });

  it("keeps to the size of a batch, and to two calls at a time", async () => {
    const { gated, provider, model } = await open({ batchSize: 2 });
    const embedded = model.embed(numbered("t", 5));
    await gated.call(1);
    expect(gated.calls.map(({ texts }) => texts)).toEqual([
      ["t0", "t1"],
      ["t2", "t3"],
    ]);
    expect(provider.queueDepth).toBe(1);
    for (let i = 0; i < 3; i++) await (await gated.call(i)).answer();
    await embedded;
    expect(provider.queueDepth).toBe(0);
  });

  it("gives tenants turns, and the requests of one, however many texts another one brings", async () => {
    const { gated, model } = await open({ batchSize: 4 });
    const busy = await occupy(gated, model);
    const all = [
      model.embed(numbered("import", 8), { tenant: "A" }),
      model.embed(["query of A"], { tenant: "A" }),
      model.embed(["query of B"], { tenant: "B" }),
    ];
    await gated.calls[0]?.answer();
    const call = await gated.call(2);
    expect(call.texts).toEqual(["import0", "query of B", "query of A", "import1"]);
    for (const one of gated.calls) await one.answer();
    await (await gated.call(3)).answer();
    await (await gated.call(4)).answer();
    await Promise.all([...all, ...busy]);
  });

  it("asks for queries and documents in turn, never for both in a call, and remembers them apart", async () => {
    const { gated, model } = await open({ batchSize: 2 });
    const busy = await occupy(gated, model);
    const all = [model.embed(["a", "b", "c", "d"]), model.embed(["a", "q"], { inputType: "query" })];
    for (let i = 0; i < 5; i++) await (await gated.call(i)).answer();
    await Promise.all([...all, ...busy]);
    expect(gated.calls.slice(2).map(({ inputType, texts }) => [inputType, ...texts])).toEqual([
      ["query", "a", "q"],
      ["document", "a", "b"],
      ["document", "c", "d"],
    ]);
    await model.embed(["q"], { inputType: "query" });
    expect(gated.calls).toHaveLength(5);
  });

  it("refuses what would make it too long, and says when to come again", async () => {
    const { gated, provider, model } = await open({ textsMax: 3 });
    const busy = await occupy(gated, model);
    const waiting = model.embed(["a", "b"]);
    await expect(model.embed(["c", "d"])).rejects.toMatchObject({
      code: "unavailable",
      message: "too many texts wait to be embedded already",
      retryAfterMs: expect.any(Number),
    });
    expect(provider.queueDepth).toBe(2);
    const fitting = model.embed(["c"]);
    for (const one of gated.calls) await one.answer();
    await (await gated.call(2)).answer();
    await Promise.all([...busy, waiting, fitting]);
    const alone = model.embed(numbered("more than three ", 5));
    await (await gated.call(3)).answer();
    await alone;
  });

  it("has a share for each tenant, however full another one has made it, and no more than twice its length", async () => {
    const { gated, provider, model } = await open({ textsMax: 12 });
    const busy = await occupy(gated, model);
    const waiting = [model.embed(numbered("import", 12), { tenant: "A" })];
    const refused = (tenant: string, count: number) =>
      expect(model.embed(numbered(`more of ${tenant} `, count), { tenant })).rejects.toMatchObject({
        code: "unavailable",
        retryAfterMs: expect.any(Number),
      });
    await refused("A", 1);
    await refused("B", 7);
    waiting.push(model.embed(numbered("b", 6), { tenant: "B" }));
    await refused("B", 1);
    waiting.push(model.embed(numbered("c", 4), { tenant: "C", inputType: "query" }));
    await refused("D", 3);
    waiting.push(model.embed(["d1", "d2"], { tenant: "D" }));
    expect(provider.queueDepth).toBe(24);
    await refused("E", 1);
    for (let i = 0; i < 4; i++) await (await gated.call(i)).answer();
    await Promise.all([...busy, ...waiting]);
    expect(provider.queueDepth).toBe(0);
  });

  it("under ten times what it takes, answers or refuses everyone, and holds no more than it may", async () => {
    const { gated, provider, model } = await open({ textsMax: 20, batchSize: 8 });
    const all = Promise.allSettled(numbered("request ", 200).map((text) => model.embed([text])));
    expect(provider.queueDepth).toBeLessThanOrEqual(20);
    let settled = false;
    void all.then(() => {
      settled = true;
    });
    for (let i = 0; !settled; i++) {
      await Promise.race([gated.call(i).then((call) => call.answer()), all]);
    }
    const outcomes = await all;
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(20);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "unavailable" });
    }
    expect(provider.queueDepth).toBe(0);
  });

  it("blames a text on the request that brought it, and answers the others", async () => {
    const { gated, model } = await open();
    const blamed = expect(model.embed(["fine", "bad"])).rejects.toMatchObject({
      code: "invalid_argument",
      violations: [{ path: "texts[1]", detail: "is too long" }],
    });
    const other = model.embed(["good"]);
    (await gated.call(0)).fail(invalidArgument("texts[2]", "is too long"));
    const again = await gated.call(1);
    expect(again.texts).toEqual(["fine", "good"]);
    await again.answer();
    await blamed;
    expect((await other).vectors).toHaveLength(model.dimension);
  });

  it("answers what it has embedded lately without a call", async () => {
    const { gated, model } = await open();
    const first = model.embed(["again"]);
    await (await gated.call(0)).answer();
    const vectors = await first;
    expect(await model.embed(["again"])).toEqual(vectors);
    expect(gated.calls).toHaveLength(1);
  });

  it("tells no tenant, by answering at once, what another has asked", async () => {
    const { gated, model } = await open();
    for (const [at, tenant] of ["one", "other"].entries()) {
      const embedded = model.embed(["secret"], { tenant });
      await (await gated.call(at)).answer();
      await embedded;
      await model.embed(["secret"], { tenant });
    }
    expect(gated.calls).toHaveLength(2);
  });

  it("takes texts out for those who leave, and ends a call that nobody waits for", async () => {
    const { gated, provider, model } = await open({ batchSize: 1 });
    const leaving = new AbortController();
    const left = model.embed(["a", "b", "c"], { signal: leaving.signal });
    await gated.call(1);
    expect(provider.queueDepth).toBe(1);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: "unavailable" });
    expect(provider.queueDepth).toBe(0);
    expect(gated.calls.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
    const next = model.embed(["d"]);
    await (await gated.call(2)).answer();
    await next;
  });

  it("refuses what waits and what is under way when it is closed", async () => {
    const { gated, provider, model } = await open({ batchSize: 1 });
    const all = Promise.allSettled(numbered("t", 5).map((text) => model.embed([text])));
    await gated.call(1);
    await provider.close();
    for (const outcome of await all) {
      expect(outcome).toMatchObject({ reason: { code: "unavailable", message: "the database is closing" } });
    }
    await expect(model.embed(["late"])).rejects.toThrow("the database is closing");
  });
});

describe("a provider that fails", () => {
  const passing = () => unavailable("busy", { retryAfterMs: 1_000 });
  const fakeTimers = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });

  it("is asked again after what it wants, where that may pass", async () => {
    const { gated, model } = await open();
    fakeTimers();
    const embedded = model.embed(["a"]);
    (await gated.call(0)).fail(passing());
    await vi.advanceTimersByTimeAsync(999);
    expect(gated.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await (await gated.call(1)).answer();
    await embedded;
  });

  it.each([
    ["does not pass", unavailable("the key is refused")],
    ["would take too long", unavailable("later", { retryAfterMs: 60_000 })],
  ])("is not asked again where it %s", async (_, error) => {
    const { gated, model } = await open();
    const embedded = expect(model.embed(["a"])).rejects.toBe(error);
    (await gated.call(0)).fail(error);
    await embedded;
    expect(gated.calls).toHaveLength(1);
  });

  it("is left alone after five failures, and tried by one call after ten seconds", async () => {
    const { gated, model } = await open();
    fakeTimers();
    for (let i = 0; i < 5; i++) {
      const embedded = expect(model.embed([`text ${i}`])).rejects.toThrow("broken");
      (await gated.call(i)).fail(unavailable("broken"));
      await embedded;
    }
    await expect(model.embed(["a"])).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 10_000 });
    expect(gated.calls).toHaveLength(5);
    vi.advanceTimersByTime(10_000);
    const tried = model.embed(["b"]);
    await (await gated.call(5)).answer();
    await tried;
  });

  it("is probed until it is back, though nobody uses it", async () => {
    let isAway = true;
    let state: QueuedProvider["state"] = { status: "loading" };
    const mock = createMockProvider();
    const ask = async () => {
      state = isAway ? { status: "degraded", reason: "away" } : { status: "ready" };
      if (isAway) throw unavailable("away");
      return await mock.model();
    };
    const flaky = {
      ...mock,
      model: ask,
      probe: ask,
      get state() {
        return state;
      },
    };
    fakeTimers();
    const provider = new QueuedProvider(flaky, { ...defaults, probeIntervalMs: 100 });
    opened.push(provider);
    await expect(provider.model()).rejects.toThrow("away");
    await vi.advanceTimersByTimeAsync(250);
    expect(provider.state.status).toBe("degraded");
    isAway = false;
    await vi.advanceTimersByTimeAsync(100);
    expect(provider.state).toEqual({ status: "ready" });
    expect(vi.getTimerCount()).toBe(0);
  });
});
