// How the queue before an embedding model bears ten times what the model can do, and what providers do in a second.
//   npm run bench:embedding -- [--seconds 10] [--command '["tools/embed_onnx.py", "/models/m"]' --python python3 --model m]
//     [--model-dir DIR --model BAAI/bge-small-en-v1.5]
//
// The model of the overload has a known pace: 32 texts take 20 ms, two calls at a time, 3,200 texts a second. One tenant
// imports, in requests of 50 texts, as fast as ten times that; four ask a text each, fifty times a second. Whoever is
// refused comes again after the time that it is told, five times. Every request is answered or refused, or it is lost.

import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { AkiDbError, noDeadline, SeededRandom, systemClock } from "@akidb/base";
import {
  createEmbeddingProvider,
  type EmbeddingModel,
  type EmbeddingProvider,
  QueuedProvider,
} from "@akidb/embedding";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    command: { type: "string" },
    "model-dir": { type: "string" },
    python: { type: "string" },
    model: { type: "string" },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) throw new Error(`--seconds must be a number above 0, not ${values.seconds}`);

const batchSize = 32;
const callMs = 20;
const textsMax = 10_000;
const capacity = (2 * batchSize * 1_000) / callMs;

/** The mock model, which takes its time. */
function pacedProvider(): EmbeddingProvider {
  const mock = createEmbeddingProvider("mock");
  const model = async (): Promise<EmbeddingModel> => {
    const made = await mock.model();
    return {
      ...made,
      embed: async (texts, options) => {
        await sleep(callMs, undefined, { signal: options?.signal ?? noDeadline().signal });
        return made.embed(texts);
      },
    };
  };
  return { ...mock, model, probe: model };
}

interface Outcome {
  readonly offered: number;
  answered: number;
  refused: number;
  retries: number;
  readonly waitsMs: number[];
}

const provider = new QueuedProvider(pacedProvider(), {
  batchSize,
  textsMax,
  clock: systemClock,
  random: new SeededRandom(1),
});
const model = await provider.model();
const outcomes = new Map<string, { -readonly [Key in keyof Outcome]: Outcome[Key] }>();
const underWay = new Set<Promise<void>>();

async function request(tenant: string, texts: readonly string[]): Promise<void> {
  const outcome = outcomes.get(tenant) ?? { offered: 0, answered: 0, refused: 0, retries: 0, waitsMs: [] };
  outcomes.set(tenant, outcome);
  outcome.offered += 1;
  const startMs = performance.now();
  for (let attempt = 0; ; attempt++) {
    try {
      await model.embed(texts, { tenant });
      outcome.answered += 1;
      outcome.waitsMs.push(performance.now() - startMs);
      return;
    } catch (error) {
      const isBusy = error instanceof AkiDbError && error.code === "unavailable";
      if (!isBusy || error.retryAfterMs === undefined) throw error;
      if (attempt === 5) {
        outcome.refused += 1;
        return;
      }
      outcome.retries += 1;
      await sleep(error.retryAfterMs);
    }
  }
}

function offer(tenant: string, texts: readonly string[]): void {
  const work = request(tenant, texts).finally(() => underWay.delete(work));
  underWay.add(work);
}

let depthMax = 0;
const rssBefore = process.memoryUsage().rss;
let rssMax = rssBefore;
let sent = 0;
let asked = 0;
const startMs = performance.now();
for (let elapsedMs = 0; elapsedMs < 1_000 * seconds; elapsedMs = performance.now() - startMs) {
  for (; sent < (elapsedMs / 1_000) * 10 * capacity; sent += 50) {
    offer(
      "import",
      Array.from({ length: 50 }, (_, i) => `document ${sent + i}`),
    );
  }
  for (; asked < (elapsedMs / 1_000) * 50; asked++) {
    for (const tenant of ["A", "B", "C", "D"]) offer(tenant, [`query ${asked} of ${tenant}`]);
  }
  depthMax = Math.max(depthMax, provider.queueDepth);
  rssMax = Math.max(rssMax, process.memoryUsage().rss);
  await sleep(5);
}
await Promise.all(underWay);
const totalS = (performance.now() - startMs) / 1_000;
await provider.close();

const quantile = (sorted: readonly number[], q: number): string =>
  sorted.length === 0 ? "-" : sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!.toFixed(0);
console.log(
  `ten times ${capacity.toLocaleString("en")} texts/s for ${seconds} s, answered or refused after ${totalS.toFixed(1)} s`,
);
console.log(
  `most texts waiting: ${depthMax} of ${textsMax}; memory grew by ${((rssMax - rssBefore) / 2 ** 20).toFixed(0)} MiB at most`,
);
console.log("tenant   offered  answered   refused   retries      lost  P50 ms  P99 ms");
for (const [tenant, { offered, answered, refused, retries, waitsMs }] of outcomes) {
  const sorted = waitsMs.toSorted((one, other) => one - other);
  const cells = [offered, answered, refused, retries, offered - answered - refused].map((n) =>
    String(n).padStart(9),
  );
  console.log(
    `${tenant.padEnd(7)}${cells.join(" ")} ${quantile(sorted, 0.5).padStart(7)} ${quantile(sorted, 0.99).padStart(7)}`,
  );
}

const short = Array.from(
  { length: 2_048 },
  (_, i) => `a text of about a dozen words, as a search has them, number ${i}`,
);
const measured = [
  "hashing",
  ...(values.command === undefined ? [] : ["subprocess" as const]),
  ...(values["model-dir"] === undefined ? [] : ["onnx" as const]),
] as const;
for (const kind of measured) {
  for (const size of [1, 32, 256]) console.log(await rateOf(kind, size));
}

async function rateOf(kind: (typeof measured)[number], size: number): Promise<string> {
  const options = {
    model: kind === "hashing" ? undefined : values.model,
    command: JSON.parse(values.command ?? "[]") as string[],
    pythonPath: values.python,
    modelDir: values["model-dir"],
    batchSize: size,
  };
  const made = createEmbeddingProvider(kind, options);
  const loaded = await made.model(options.model);
  await loaded.embed(short.slice(0, size));
  const fromMs = performance.now();
  let count = 0;
  for (let at = 0; performance.now() - fromMs < 2_000; at = (at + size) % short.length) {
    await loaded.embed(short.slice(at, at + size));
    count += size;
  }
  await made.close();
  const rate = count / ((performance.now() - fromMs) / 1_000);
  return `${kind}, ${size} texts a call: ${Math.round(rate).toLocaleString("en")} texts/s`;
}
