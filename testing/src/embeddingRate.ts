// Texts/s of the hashing model on one thread, for the first 15 words of each MED document.
//   node testing/src/embeddingRate.ts [--data ../shared/data/med] [--seconds 5]      (after a build)

import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createEmbeddingProvider } from "@akidb/embedding";
import { readJsonLines } from "./readJsonLines.ts";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/med" },
    seconds: { type: "string", default: "5" },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) fail(`--seconds must be a number above 0, not "${values.seconds}"`);
const corpus = join(values.data, "corpus.jsonl");
if (!existsSync(corpus)) fail(`${corpus} does not exist; name the folder of a corpus with --data`);

const texts = readJsonLines<{ readonly text: string }>(corpus)
  .map(({ text }) => text.trim().split(/\s+/).slice(0, 15).join(" "))
  .filter((text) => text !== "");
const model = await createEmbeddingProvider("hashing").model();
await model.embed(texts);

const startMs = performance.now();
let embedded = 0;
while (performance.now() - startMs < seconds * 1000) {
  await model.embed(texts);
  embedded += texts.length;
}
const rate = embedded / ((performance.now() - startMs) / 1000);
console.log(
  `${Math.round(rate).toLocaleString("en")} texts/s (${model.fingerprint}, Node ${process.version}, ${cpus()[0]?.model})`,
);

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
