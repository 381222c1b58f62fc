/**
 * How well searches answer the judged questions of MED and CISI: by hashed and by latent semantic vectors, by BM25, and
 * by both together. `npm run bench:retrieval -- --data ../shared/data`.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { AkiDb, Collection, HybridInput, QueryInput, TextLanguage } from "@akidb/base";
import { open } from "@akidb/database";
import { ndcg } from "../ndcg.ts";
import { LatentSemantics } from "./latentSemantics.ts";

const { values: flags } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    corpora: { type: "string", default: "med,cisi" },
    dimension: { type: "string", default: "150" },
    language: { type: "string", default: "none" },
    /** Shares of the vectors in the weighted fusion. */
    weights: { type: "string", default: "0.5,0.7,0.9" },
    /** Of the reciprocal ranks. */
    ks: { type: "string", default: "60" },
  },
});
const topK = 10;

interface Line {
  readonly _id: string;
  readonly title?: string;
  readonly text: string;
}

interface Corpus {
  readonly documents: readonly (readonly [id: string, text: string])[];
  readonly queries: readonly (readonly [id: string, text: string])[];
  readonly relevant: ReadonlyMap<string, ReadonlySet<string>>;
}

function readCorpus(name: string): Corpus {
  const folder = join(flags.data, name);
  const lines = (file: string): readonly Line[] =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  const relevant = new Map<string, Set<string>>();
  for (const judgement of readFileSync(join(folder, "qrels", "test.tsv"), "utf8")
    .split("\n")
    .slice(1)) {
    const [query, document, score] = judgement.split("\t");
    if (query === undefined || document === undefined || !(Number(score) > 0)) continue;
    relevant.set(query, (relevant.get(query) ?? new Set()).add(document));
  }
  return {
    documents: lines("corpus.jsonl").map(({ _id, title = "", text }) => [_id, `${title} ${text}`.trim()]),
    queries: lines("queries.jsonl").flatMap(({ _id, text }) => (relevant.has(_id) ? [[_id, text]] : [])),
    relevant,
  };
}

async function fill(
  db: AkiDb,
  name: string,
  { documents }: Corpus,
  vectorOf?: (text: string) => Float32Array,
): Promise<Collection> {
  const textIndex = { language: flags.language as TextLanguage };
  const dimension = vectorOf === undefined ? {} : { dimension: vectorOf("").length };
  await db.createCollection({ name, textIndex, ...dimension });
  const collection = db.collection(name);
  await collection.upsert(
    documents.map(([externalId, text]) => ({
      externalId,
      text,
      ...(vectorOf !== undefined && { vector: vectorOf(text) }),
    })),
  );
  return collection;
}

async function judge(
  collection: Collection,
  { queries, relevant }: Corpus,
  ask: (text: string) => QueryInput,
): Promise<number> {
  let sum = 0;
  for (const [id, text] of queries) {
    const { matches } = await collection.query({ ...ask(text), topK, include: [] });
    sum += ndcg(
      matches.map(({ externalId }) => externalId!),
      relevant.get(id)!,
      topK,
    );
  }
  return sum / queries.length;
}

/** A question as a query: its words, with nothing that would be an operator. */
const words = (text: string): string => (text.match(/[\p{L}\p{N}]+/gu) ?? []).join(" ").toLowerCase();

const fusions: readonly (readonly [name: string, hybrid: HybridInput])[] = [
  ...flags.ks.split(",").map((k) => [`rrf, k ${k}`, { fusion: "rrf", k: Number(k) }] as const),
  ...flags.weights
    .split(",")
    .map((weight) => [`weighted ${weight}`, { fusion: "weighted", weight: Number(weight) }] as const),
];

const directory = mkdtempSync(join(tmpdir(), "akidb-retrieval-"));
const db = await open({ path: directory, wal: { sync: "never" } });
try {
  console.log(
    `| corpus | ${["hashing", "LSA", "text"].join(" | ")} | with | ${fusions.map(([name]) => name).join(" | ")} |`,
  );
  console.log(`|---|${"---:|".repeat(3)}---|${"---:|".repeat(fusions.length)}`);
  for (const name of flags.corpora.split(",")) {
    const corpus = readCorpus(name);
    const semantics = new LatentSemantics(
      corpus.documents.map(([, text]) => text),
      Number(flags.dimension),
    );
    // A text without a known word has no direction; any will do.
    const vectorOf = (text: string): Float32Array => {
      const vector = semantics.vectorOf(text);
      return vector.some((component) => component !== 0) ? vector : vector.fill(1);
    };
    const hashed = await fill(db, `${name}-hashing`, corpus);
    const latent = await fill(db, `${name}-lsa`, corpus, vectorOf);
    const byHashing = (text: string): QueryInput => ({ text });
    const byLatent = (text: string): QueryInput => ({ vector: vectorOf(text) });
    const singles = [
      await judge(hashed, corpus, byHashing),
      await judge(latent, corpus, byLatent),
      await judge(latent, corpus, (text) => ({ fullText: words(text) })),
    ];
    for (const [kind, collection, ask] of [
      ["hashing", hashed, byHashing],
      ["LSA", latent, byLatent],
    ] as const) {
      const fused: number[] = [];
      for (const [, hybrid] of fusions) {
        fused.push(
          await judge(collection, corpus, (text) => ({
            ...ask(text),
            hybrid: { ...hybrid, text: words(text) },
          })),
        );
      }
      const cells = [
        ...singles.map((value) => value.toFixed(3)),
        kind,
        ...fused.map((value) => value.toFixed(3)),
      ];
      console.log(`| ${name} | ${cells.join(" | ")} |`);
    }
  }
} finally {
  await db.close();
  rmSync(directory, { recursive: true });
}
