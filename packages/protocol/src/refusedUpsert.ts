import { AkiDbError, type FieldViolation, limits, type UpsertItem, type UpsertResult } from "@akidb/base";
import Type, { type Static } from "typebox";
import { ErrorBody } from "./errorBody.ts";
import { Problem, problemFromError } from "./problem.ts";
import { upsertResultFromWire, upsertResultToWire } from "./upsert.ts";

const RefusedItem = Type.Object({ error: ErrorBody });

/** A batch of which nothing was written: a problem that tells every document's own reason, too. */
export const RefusedUpsert = Type.Object(
  {
    ...Problem.properties,
    items: Type.Optional(Type.Array(RefusedItem, { description: "One for each document, in their order." })),
  },
  { $id: "RefusedUpsert" },
);
export type RefusedUpsert = Static<typeof RefusedUpsert>;

type Refusal = Extract<UpsertItem, { ok: false }>;

/** @returns undefined where a document was written, or where there was none to write */
export function refusedUpsertToWire(result: UpsertResult, requestId: string): RefusedUpsert | undefined {
  const [first] = result.items;
  if (result.upsertedCount > 0 || first === undefined || first.ok) return undefined;
  const violations = result.items.flatMap((item, index) => (item.ok ? [] : violationsAt(item, index)));
  const count = result.items.length;
  const none = count === 1 ? "the document was not written" : `none of the ${count} documents was written`;
  const error = new AkiDbError(first.code, `${none}: ${first.detail}`, {
    violations: violations.slice(0, limits.itemErrorsMax),
  });
  const { items } = upsertResultToWire(result, 0);
  return { ...problemFromError(error, requestId), items: items.filter((item) => "error" in item) };
}

/** What the items of such a problem tell; undefined where `body` is another problem. */
export function upsertResultFromRefusal(body: unknown): UpsertResult | undefined {
  const items = (body as Partial<RefusedUpsert> | null | undefined)?.items;
  if (!Array.isArray(items)) return undefined;
  return upsertResultFromWire({ upserted: 0, failed: items.length, items, latency_ms: 0 });
}

function violationsAt({ violations, detail }: Refusal, index: number): FieldViolation[] {
  const position = `documents[${index}]`;
  if (violations.length === 0) return [{ path: position, detail }];
  return violations.map((violation) => ({ ...violation, path: `${position}.${violation.path}` }));
}
