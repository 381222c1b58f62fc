import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  IngestBatchRequest,
  InsertRequest,
  UpsertRequest,
} from "./generated/akidb/collection/v1/collection.ts";
import { QueryRequest } from "./generated/akidb/collection/v1/query.ts";
import { vectorRequests } from "./vectorRequests.ts";

type Codec = {
  encode(message: never): { finish(): Uint8Array<ArrayBuffer> };
  decode(bytes: Uint8Array): unknown;
};

const absent = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const texts = fc.string({ unit: "grapheme", maxLength: 5 });
const vectors = fc.array(fc.float({ noNaN: true }), { maxLength: 6 });
const objects = fc.dictionary(texts, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 });

const writtenFields = {
  docId: texts,
  externalId: absent(texts),
  vector: vectors,
  text: absent(texts),
  metadata: absent(objects),
  ttlSeconds: absent(fc.double({ noNaN: true })),
  ifVersion: absent(fc.nat()),
  chunking: absent(fc.record({ size: fc.nat(), by: absent(texts) })),
};
const documents = fc.array(fc.record(writtenFields), { maxLength: 3 });

const requests: readonly (readonly [string, Codec, fc.Arbitrary<object>])[] = [
  [
    "QueryRequest",
    QueryRequest,
    fc.record({
      collectionId: texts,
      queryVector: vectors,
      topK: absent(fc.nat()),
      text: absent(texts),
      vectors: absent(
        fc.record({
          positive: fc.array(
            fc.record({
              example: fc.record({ $case: fc.constant("vector"), value: fc.record({ values: vectors }) }),
            }),
          ),
          negative: fc.constant([]),
        }),
      ),
      hybrid: absent(fc.record({ fusion: absent(texts) })),
      minScore: absent(fc.double({ noNaN: true })),
      filter: absent(objects),
      include: absent(fc.record({ metadata: fc.boolean(), text: fc.boolean(), vector: fc.boolean() })),
      timeoutMs: absent(fc.nat()),
    }),
  ],
  ["InsertRequest", InsertRequest, fc.record({ collectionId: texts, ...writtenFields })],
  ["UpsertRequest", UpsertRequest, fc.record({ collectionId: texts, documents, atomic: fc.boolean() })],
  ["IngestBatchRequest", IngestBatchRequest, fc.record({ collectionId: texts, documents })],
];

/** Every change that is drawn is made to the bytes as the one before left them. */
const damages = fc.array(
  fc.record({
    at: fc.nat({ max: 120 }),
    kind: fc.constantFrom("set", "insert", "remove", "repeat", "end"),
    byte: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 10, 18, 21, 26, 34, 37, 44)),
  }),
  { maxLength: 3 },
);

function damaged(bytes: Uint8Array, { at, kind, byte }: { at: number; kind: string; byte: number }) {
  const all = [...bytes];
  if (kind === "set") all[at % (all.length + 1)] = byte;
  if (kind === "insert") all.splice(at, 0, byte);
  if (kind === "remove") all.splice(at, 1);
  if (kind === "repeat") all.push(...all);
  if (kind === "end") all.length = Math.min(at, all.length);
  return Uint8Array.from(all);
}

/** What was read, with vectors as the generated code has them; "refused" where nothing was. */
function outcome(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(JSON.stringify(decode(bytes), asArrays));
  } catch {
    return "refused";
  }
}

const asArrays = (_: string, value: unknown) =>
  value instanceof Float32Array
    ? Array.from(value, asText)
    : typeof value === "number"
      ? asText(value)
      : value;

/** JSON has neither -0 nor what is no number. */
const asText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

describe.each(requests)("%s", (_, codec, messages) => {
  const decode = vectorRequests.get(codec)!;

  it("is read as the generated code reads it, whole or damaged", () => {
    fc.assert(
      fc.property(messages, damages, (message, changes) => {
        const whole = codec.encode(message as never).finish();
        const bytes = changes.reduce<Uint8Array>(damaged, whole);
        expect(outcome(decode, bytes)).toEqual(outcome((given) => codec.decode(given), bytes));
      }),
      { numRuns: 200 },
    );
  });

  it("has its vectors in memory of their own", () => {
    const isVector = (value: unknown) => value instanceof Float32Array;
    const message = { collectionId: "c", docId: "", queryVector: [1, 2], vector: [1, 2] };
    const bytes = codec.encode({ ...message, documents: [message] } as never).finish();
    const around = new Uint8Array(bytes.length + 200);
    around.set(bytes, 100);
    const { queryVector, documents, vector } = decode(around.subarray(100, 100 + bytes.length)) as never;
    const read = [queryVector, vector, ((documents ?? []) as { vector: unknown }[])[0]?.vector].filter(
      isVector,
    );
    expect(read).toEqual([Float32Array.of(1, 2)]);
    expect((read[0] as unknown as Float32Array).buffer.byteLength).toBe(8);
  });
});
