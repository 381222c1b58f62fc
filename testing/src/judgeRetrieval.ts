// Binary nDCG@10 of a collection on a server, over the judged queries of a corpus in the BEIR layout (queries.jsonl,
// qrels/test.tsv). The documents must be in the collection with the corpus' `_id` as external id.
//   node testing/src/judgeRetrieval.ts --url http://127.0.0.1:8080 --data ../shared/data/med --collection corpus

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ndcg } from "./ndcg.ts";
import { readJsonLines } from "./readJsonLines.ts";

const topK = 10;

try {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:8080" },
      data: { type: "string", default: "../shared/data/med" },
      collection: { type: "string", default: "corpus" },
    },
  });
  console.log(await judge(values));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

interface Subject {
  readonly url: string;
  readonly data: string;
  readonly collection: string;
}

async function judge(subject: Subject): Promise<string> {
  const relevantByQuery = readJudgements(join(subject.data, "qrels", "test.tsv"));
  const queries = readJsonLines<{ readonly _id: string; readonly text: string }>(
    existing(join(subject.data, "queries.jsonl")),
  );
  let sum = 0;
  let judged = 0;
  for (const { _id, text } of queries) {
    const relevant = relevantByQuery.get(_id);
    if (relevant === undefined) continue;
    sum += ndcg(await search(subject, text), relevant, topK);
    judged += 1;
  }
  if (judged === 0) throw new Error(`${subject.data} has no query that is judged`);
  return `nDCG@${topK} ${(sum / judged).toFixed(4)} over ${judged} queries of ${subject.data}`;
}

/** @returns the relevant documents of each query that has any */
function readJudgements(path: string): ReadonlyMap<string, ReadonlySet<string>> {
  const relevantByQuery = new Map<string, Set<string>>();
  const [, ...rows] = readFileSync(existing(path), "utf8").split("\n");
  for (const row of rows) {
    const [query, document, score] = row.split("\t");
    if (query === undefined || document === undefined || !(Number(score) > 0)) continue;
    const relevant = relevantByQuery.get(query);
    if (relevant === undefined) relevantByQuery.set(query, new Set([document]));
    else relevant.add(document);
  }
  return relevantByQuery;
}

/** @returns external ids, best first */
async function search({ url, collection }: Subject, text: string): Promise<readonly string[]> {
  const response = await fetch(new URL(`/api/v1/collections/${encodeURIComponent(collection)}/query`, url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text, top_k: topK }),
  }).catch((cause: unknown) => {
    throw new Error(`no server answers at ${url}`, { cause });
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status} to a query: ${body}`);
  const { matches } = JSON.parse(body) as { matches: readonly { id: string; external_id?: string }[] };
  return matches.map(({ id, external_id }) => {
    if (external_id === undefined) {
      throw new Error(`document ${id} of ${collection} has no external id; insert the corpus with its _id`);
    }
    return external_id;
  });
}

function existing(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} does not exist; name the folder of a corpus with --data`);
  return path;
}
