import { AkiDbError, isAkiDbError } from "@akidb/base";
import { connect, type vectorFromWire } from "@akidb/client";

/** What runs in a page of the browser: it tells the page's own server what came of each step. */
export interface PageReport {
  readonly userAgent: string;
  readonly dimension: number;
  readonly upsertedCount: number;
  /** Of the first vector, as the request's body has it. */
  readonly vectorOnWire: Vector;
  readonly nearest: {
    readonly externalId?: string;
    readonly metadata?: unknown;
    readonly components?: number;
  };
  readonly scrolled: readonly (string | undefined)[];
  readonly refused: ReportedError;
  readonly missing: ReportedError;
  readonly cancelled: ReportedError;
  readonly late: ReportedError;
}

type Vector = Parameters<typeof vectorFromWire>[0];

export interface ReportedError {
  readonly isOfFamily: boolean;
  readonly code?: string;
  readonly message: string;
  readonly paths?: readonly string[];
}

export type PageOutcome =
  | { readonly ok: true; readonly report: PageReport }
  | { readonly ok: false; readonly error: ReportedError };

const documentCount = 120;
const dimension = 32;
const vectorOf = (n: number): Float32Array =>
  Float32Array.from({ length: dimension }, (_, at) => Math.sin((n + 1) * (at + 1)));

async function steps(url: string): Promise<PageReport> {
  const bodies: string[] = [];
  const recorded: typeof fetch = (input, init) => {
    bodies.push(String(init?.body));
    return fetch(input, init);
  };
  const db = connect({ url });
  const created = await db.createCollection({ name: "pages", dimension });
  const { upsertedCount } = await connect({ url, fetch: recorded })
    .collection("pages")
    .upsert(
      Array.from({ length: documentCount }, (_, n) => ({
        externalId: `doc-${n}`,
        vector: vectorOf(n),
        text: `page ${n}, in the browser: ü, 東京`,
        metadata: { n, isEven: n % 2 === 0 },
      })),
    );
  const collection = db.collection<{ readonly n: number; readonly isEven: boolean }>("pages");
  const { matches } = await collection.query({
    vector: vectorOf(7),
    topK: 1,
    filter: { isEven: true, n: { $gte: 100 } },
    include: ["metadata", "vector"],
  });
  const scrolled: (string | undefined)[] = [];
  for await (const { externalId } of collection.scroll({ filter: { isEven: false }, limit: 25 })) {
    scrolled.push(externalId);
  }
  const silent = connect({ url: `${pageServer}/silent` });
  const reader = new AbortController();
  const cancelled = errorOf(silent.getCollection("x", { signal: reader.signal }));
  reader.abort();
  const [best] = matches;
  return {
    userAgent: navigator.userAgent,
    dimension: created.dimension,
    upsertedCount,
    vectorOnWire: (JSON.parse(bodies[0]!) as { documents: { vector: Vector }[] }).documents[0]!.vector,
    nearest: {
      ...(best?.externalId !== undefined && { externalId: best.externalId }),
      metadata: best?.metadata,
      ...(best?.vector !== undefined && { components: best.vector.length }),
    },
    scrolled,
    refused: await errorOf(collection.query({ vector: vectorOf(1), filter: { n: { $near: 1 } as never } })),
    missing: await errorOf(db.collection("none").get("x")),
    cancelled: await cancelled,
    late: await errorOf(silent.getCollection("x", { timeoutMs: 20 })),
  };
}

const errorOf = (promise: Promise<unknown>): Promise<ReportedError> =>
  promise.then(() => ({ isOfFamily: false, message: "nothing went wrong" }), reportedError);

function reportedError(error: unknown): ReportedError {
  if (!isAkiDbError(error)) return { isOfFamily: false, message: String(error) };
  return {
    isOfFamily: error instanceof AkiDbError && error instanceof Error,
    code: error.code,
    message: error.message,
    paths: error.violations.map(({ path }) => path),
  };
}

const { origin: pageServer, searchParams } = new URL(import.meta.url);
const outcome = await steps(searchParams.get("server")!).then(
  (report): PageOutcome => ({ ok: true, report }),
  (error: unknown): PageOutcome => ({ ok: false, error: reportedError(error) }),
);
await fetch(`${pageServer}/report`, { method: "POST", body: JSON.stringify(outcome) });
