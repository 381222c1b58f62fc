import type { Collection } from "./collection.ts";
import type { DocumentInput } from "./document.ts";
import { documentCharacters } from "./documentCharacters.ts";
import { invalidArgument } from "./errors.ts";
import { limits } from "./limits.ts";
import type { IngestFailure, IngestProgress, UpsertResult } from "./upsert.ts";

const batchDocumentsDefault = 500;
/** In UTF-8 still well below the limit of a request's body. */
const batchCharactersMax = 8 * 1024 * 1024;

type Documents<Metadata extends object> =
  | Iterable<DocumentInput<Metadata>>
  | AsyncIterable<DocumentInput<Metadata>>;

/** `ingest` of any collection that has `upsert`. */
export async function* ingestDocuments<Metadata extends object>(
  upsert: Collection<Metadata>["upsert"],
  documents: Documents<Metadata>,
  {
    batchDocuments = batchDocumentsDefault,
    ...options
  }: NonNullable<Parameters<Collection<Metadata>["ingest"]>[1]> = {},
): AsyncGenerator<IngestProgress, void, undefined> {
  requireBatchSize(batchDocuments);
  const total = new IngestTotal();
  const batches = batchesIn(documents, batchDocuments);
  let written: Promise<UpsertResult> | undefined;
  try {
    for (;;) {
      const next = await outcomeOf(batches.next());
      if (written !== undefined) yield total.add(await written);
      written = undefined;
      if (!next.ok) throw next.error;
      if (next.value.done) return;
      written = upsert(next.value.value, options);
      // It is waited for when the next batch is there.
      written.catch(() => {});
    }
  } finally {
    await written?.catch(() => {});
    await batches.return();
  }
}

type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: unknown };

const outcomeOf = <Value>(promise: Promise<Value>): Promise<Outcome<Value>> =>
  promise.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  );

function requireBatchSize(batchDocuments: number): void {
  const { batchDocumentsMax } = limits;
  if (Number.isInteger(batchDocuments) && batchDocuments >= 1 && batchDocuments <= batchDocumentsMax) return;
  throw invalidArgument("batchDocuments", `must be a whole number from 1 to ${batchDocumentsMax}`);
}

async function* batchesIn<Metadata extends object>(
  documents: Documents<Metadata>,
  batchDocuments: number,
): AsyncGenerator<readonly DocumentInput<Metadata>[], void, undefined> {
  let batch: DocumentInput<Metadata>[] = [];
  let characters = 0;
  for await (const document of documents) {
    const more = documentCharacters(document);
    if (batch.length === batchDocuments || (batch.length > 0 && characters + more > batchCharactersMax)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(document);
    characters += more;
  }
  if (batch.length > 0) yield batch;
}

class IngestTotal {
  #upsertedCount = 0;
  #failedCount = 0;

  add({ upsertedCount, items }: UpsertResult): IngestProgress {
    const from = this.#upsertedCount + this.#failedCount;
    const failures = items.flatMap((item, index): readonly IngestFailure[] => {
      if (item.ok) return [];
      const { code, detail, violations } = item;
      return [{ index: from + index, code, detail, violations }];
    });
    this.#upsertedCount += upsertedCount;
    this.#failedCount += failures.length;
    return { upsertedCount: this.#upsertedCount, failedCount: this.#failedCount, failures };
  }
}
