import { type AkiDbError, type Collection, type DocumentInput, isAkiDbError } from "@akidb/base";

/** A document and where in the file it came from. */
export interface SourcedDocument<Source> {
  readonly document: DocumentInput;
  readonly source: Source;
}

export interface UpsertPipelineOptions<Source> {
  readonly collection: Collection;
  /** Batches that may be on their way at once. */
  readonly inFlightMax: number;
  readonly onWritten: (count: number) => void;
  readonly onRefused: (source: Source, detail: string) => Promise<void>;
}

export interface UpsertPipeline<Source> {
  /** Resolves when there is room for the next batch; rejects where one failed as a whole. */
  submit(batch: readonly SourcedDocument<Source>[]): Promise<void>;
  /** Resolves when all are answered. */
  drain(): Promise<void>;
}

/**
 * Keeps a few batches on their way. Two batches with a document in common are sent one after the other, so that of
 * several rows with the same id the last one wins, as it would one by one.
 */
export function createUpsertPipeline<Source>({
  collection,
  inFlightMax,
  onWritten,
  onRefused,
}: UpsertPipelineOptions<Source>): UpsertPipeline<Source> {
  const inFlight = new Map<Promise<void>, ReadonlySet<string>>();
  let failure: { readonly error: unknown } | undefined;

  async function send(batch: readonly SourcedDocument<Source>[]): Promise<void> {
    let result: Awaited<ReturnType<Collection["upsert"]>>;
    try {
      result = await collection.upsert(batch.map(({ document }) => document));
    } catch (error) {
      const [first] = batch;
      if (!isAkiDbError(error) || !isFaultOfDocuments(error) || first === undefined) throw error;
      if (batch.length === 1) return onRefused(first.source, error.message);
      // Which of them it was shows when they are sent apart.
      const middle = batch.length >>> 1;
      await send(batch.slice(0, middle));
      return send(batch.slice(middle));
    }
    onWritten(result.upsertedCount);
    for (const [index, { source }] of batch.entries()) {
      const item = result.items[index];
      if (item !== undefined && !item.ok) await onRefused(source, item.detail);
    }
  }

  /** Never rejects: what failed is in `failure`. */
  const settleOne = (): Promise<void> => Promise.race(inFlight.keys());

  return {
    submit: async (batch) => {
      const names = new Set(
        batch.flatMap(({ document }) => [document.id, document.externalId]).filter(isDefined),
      );
      while (
        inFlight.size >= inFlightMax ||
        [...inFlight.values()].some((other) => haveCommon(names, other))
      ) {
        await settleOne();
      }
      if (failure !== undefined) throw failure.error;
      const sent = send(batch)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => inFlight.delete(sent));
      inFlight.set(sent, names);
    },
    drain: async () => {
      while (inFlight.size > 0) await settleOne();
      if (failure !== undefined) throw failure.error;
    },
  };
}

/** A request that is too large, or of which a document cannot be sent at all. */
const isFaultOfDocuments = ({ code }: AkiDbError): boolean =>
  code === "invalid_argument" || code === "quota_exceeded";

const isDefined = (name: string | undefined): name is string => name !== undefined;

function haveCommon(names: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const name of names) if (others.has(name)) return true;
  return false;
}
