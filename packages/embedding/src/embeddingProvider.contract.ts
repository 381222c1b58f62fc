import { AkiDbError } from "@akidb/base";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddingModel, EmbeddingProvider, Embeddings } from "./embeddingProvider.ts";

interface ProviderTraits {
  readonly hasOneDimension?: boolean;
  /** The tokens of a text are its share of those of a call, and depend on who shared it. */
  readonly sharesTokens?: boolean;
  /** Where texts are added up together, other rows fill up theirs: the last bits of a component are others. */
  readonly roundsByBatch?: boolean;
  /** Up to 20 texts each, together and one by one; 50 if absent. */
  readonly batchesTried?: number;
}

/** What every provider promises; run it from the provider's own test file. */
export function checkEmbeddingProvider(
  kind: string,
  makeProvider: () => EmbeddingProvider,
  {
    hasOneDimension = false,
    sharesTokens = false,
    roundsByBatch = false,
    batchesTried = 50,
  }: ProviderTraits = {},
): void {
  describe(`embedding provider ${kind}`, () => {
    let provider: EmbeddingProvider;
    let model: EmbeddingModel;
    beforeAll(async () => {
      provider = makeProvider();
      model = await provider.model();
    });
    afterAll(() => provider.close());
    const texts = ["a red fox", "the lazy dog sleeps", "Ελληνικά", "東京の天気", "a red fox"];

    test("names itself", () => {
      expect(provider.kind).toBe(kind);
    });

    test("lists its models, the default one first", async () => {
      expect(provider.modelNames[0]).toBe(model.name);
      expect(new Set(provider.modelNames).size).toBe(provider.modelNames.length);
      for (const name of provider.modelNames) expect((await provider.model(name)).name).toBe(name);
    });

    test("gives the model by its name, too", async () => {
      const same = await provider.model(model.name);
      expect(same.fingerprint).toBe(model.fingerprint);
      expect(same.dimension).toBe(model.dimension);
    });

    test("refuses an unknown model and names the known", async () => {
      const refusal = await rejectionOf(provider.model("no-such-model"));
      expect(refusal.code).toBe("invalid_argument");
      expect(refusal.violations).toEqual([{ path: "model", detail: expect.stringContaining(model.name) }]);
      expect(refusal.message).toContain("no-such-model");
    });

    test.each([0, 15, 4_097, 16.5, Number.NaN])("refuses dimension %d", async (dimension) => {
      const refusal = await rejectionOf(provider.model(model.name, dimension));
      expect(refusal.code).toBe("invalid_argument");
      expect(refusal.violations.map(({ path }) => path)).toEqual(["dimension"]);
    });

    test("gives one row of unit length for each text", async () => {
      for (const dimension of hasOneDimension ? [model.dimension] : [16, 33, model.dimension, 4_096]) {
        const { vectors, totalTokens } = await (await provider.model(model.name, dimension)).embed(texts);
        expect(vectors).toHaveLength(texts.length * dimension);
        for (const row of rows(vectors, dimension)) expect(Math.hypot(...row)).toBeCloseTo(1, 6);
        expect(totalTokens).toBeGreaterThanOrEqual(texts.length);
      }
    });

    test("gives equal texts equal rows, and other texts others", async () => {
      const [fox, dog, , , foxAgain] = rows((await model.embed(texts)).vectors, model.dimension);
      expect(foxAgain).toEqual(fox);
      expect(dog).not.toEqual(fox);
    });

    test("another provider of the kind has the same fingerprints and vectors", async () => {
      const otherProvider = makeProvider();
      const other = await otherProvider.model();
      expect(other.fingerprint).toBe(model.fingerprint);
      expect((await other.embed(texts)).vectors).toEqual((await model.embed(texts)).vectors);
      await otherProvider.close();
    });

    test.skipIf(hasOneDimension)("fingerprints tell dimensions apart", async () => {
      const [one, other] = await Promise.all(
        [64, 65].map((dimension) => provider.model(model.name, dimension)),
      );
      expect(one?.fingerprint).not.toBe(other?.fingerprint);
    });

    test("a batch gives what its texts give one by one", async () => {
      const text = fc
        .oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.lorem())
        .map((drawn) => `${drawn} x`);
      await fc.assert(
        fc.asyncProperty(fc.array(text, { maxLength: 20 }), async (drawn) => {
          const batch = await model.embed(drawn);
          const singles = await Promise.all(drawn.map((one) => model.embed([one])));
          if (roundsByBatch) expectNear(batch.vectors, singles);
          else expect(rows(batch.vectors, model.dimension)).toEqual(singles.map(({ vectors }) => vectors));
          if (sharesTokens) return;
          expect(batch.totalTokens).toBe(singles.reduce((sum, { totalTokens }) => sum + totalTokens, 0));
        }),
        { numRuns: batchesTried },
      );
    });

    test("calls that run side by side do not disturb each other", async () => {
      const batches = [0, 1, 2].map((batch) =>
        Array.from({ length: 500 }, (_, i) => `text ${i} of batch ${batch}`),
      );
      const together = await Promise.all(batches.map((batch) => model.embed(batch)));
      for (const [index, batch] of batches.entries()) {
        expect(together[index]).toEqual(await model.embed(batch));
      }
    });

    test("an empty list gives nothing", async () => {
      expect(await model.embed([])).toEqual({ vectors: new Float32Array(0), totalTokens: 0 });
    });

    test("names every text without content", async () => {
      const refusal = await rejectionOf(model.embed(["fine", "", "fine", " \t\n\u3000"]));
      expect(refusal.code).toBe("invalid_argument");
      expect(refusal.violations).toEqual([
        { path: "texts[1]", detail: "must not be empty" },
        { path: "texts[3]", detail: "must not be white space only" },
      ]);
    });

    test("works on after a refusal", async () => {
      const before = await model.embed(texts);
      await rejectionOf(model.embed(["left over", ""]));
      expect(await model.embed(texts)).toEqual(before);
    });

    test("takes lone surrogates", async () => {
      const { vectors } = await model.embed(["\ud800 left", "right \udc00", "mid\ud83ddle"]);
      expect(vectors.every(Number.isFinite)).toBe(true);
    });

    test("embeds a very long text and lets others have their turn meanwhile", async () => {
      let turns = 0;
      let done = false;
      const count = (): void => {
        turns += 1;
        if (!done) setImmediate(count);
      };
      setImmediate(count);
      const { vectors } = await model.embed([longText]);
      done = true;
      expect(Math.hypot(...vectors)).toBeCloseTo(1, 6);
      expect(turns).toBeGreaterThan(1);
    });

    test("a signal that is aborted already ends it at once", async () => {
      const reason = new AkiDbError("deadline_exceeded", "not done within 5 ms");
      expect(await rejectionOf(model.embed(texts, { signal: AbortSignal.abort(reason) }))).toBe(reason);
      expect((await rejectionOf(model.embed(texts, { signal: AbortSignal.abort() }))).code).toBe(
        "unavailable",
      );
    });

    test("a signal that is aborted meanwhile ends it early", async () => {
      await abortedMeanwhile(model, [longText]);
      await abortedMeanwhile(
        model,
        Array.from({ length: 10_000 }, (_, i) => `text ${i}`),
      );
    });
  });
}

/** More than two million characters. */
const longText = Array.from({ length: 300_000 }, (_, i) => `word${i % 1_000}`).join(" ");

async function abortedMeanwhile(model: EmbeddingModel, texts: readonly string[]): Promise<void> {
  const expected = await model.embed(["afterwards"]);
  const controller = new AbortController();
  const embedding = rejectionOf(model.embed(texts, { signal: controller.signal }));
  setImmediate(() => controller.abort());
  expect((await embedding).code).toBe("unavailable");
  expect(await model.embed(["afterwards"])).toEqual(expected);
}

function expectNear(vectors: Float32Array, singles: readonly Embeddings[]): void {
  const expected = singles.flatMap((single) => [...single.vectors]);
  expect(vectors).toHaveLength(expected.length);
  const furthest = vectors.reduce(
    (most, component, i) => Math.max(most, Math.abs(component - expected[i]!)),
    0,
  );
  expect(furthest).toBeLessThan(1e-6);
}

function rows(vectors: Float32Array, dimension: number): Float32Array[] {
  return Array.from({ length: vectors.length / dimension }, (_, row) =>
    vectors.slice(row * dimension, (row + 1) * dimension),
  );
}

async function rejectionOf(promise: Promise<unknown>): Promise<AkiDbError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AkiDbError);
  return error as AkiDbError;
}
