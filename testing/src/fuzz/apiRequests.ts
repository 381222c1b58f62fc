import fc from "fast-check";
import type { Api, ApiRoute, Schema } from "./apiRoutes.ts";

export interface ApiRequest {
  readonly method: string;
  readonly route: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Collections with this dimension and these names are there for much of what is asked. */
export const fuzzedDimension = 16;
export const fuzzedCollections = ["a", "b"] as const;

const oddNumber = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.5, 10, 16, 17, 1e6, 2 ** 31, 2 ** 53, 1e39, 1e-50, 1e308),
  fc.integer({ min: -5, max: 20_000 }),
);
const oddText = fc.oneof(
  fc.constantFrom("", "a", "A", " ", "default", "hashing", "cosine", "../..", "%2e%2e", "\0", "\ud800"),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "2026-02-30T25:00:00Z",
    "x".repeat(600),
    "{{7*7}}",
    "' or 1=1 --",
  ),
  fc.constantFrom("019f3c1e-5a61-7c3e-8d55-0d3a6f1b2c4d", "AACAPw==", "doc1", "doc2"),
  fc.string({ unit: "grapheme", maxLength: 20 }),
);
const anything = fc.oneof(oddText, oddNumber, fc.jsonValue({ maxDepth: 3 }));
const component = fc.float({ noNaN: true, noDefaultInfinity: true });
const vector = fc.oneof(
  { weight: 3, arbitrary: fc.array(component, { minLength: fuzzedDimension, maxLength: fuzzedDimension }) },
  fc.array(oddNumber, { maxLength: fuzzedDimension + 2 }),
);
const headerText = oddText.map((text) => text.replace(/[^\x20-\x7e]/g, "?").trim());

/** Requests of all routes: by their schemas, by changed examples, and with bodies that are no JSON at all. */
export function apiRequests(api: Api): fc.Arbitrary<ApiRequest> {
  return fc.constantFrom(...api.routes).chain((route) =>
    fc
      .record({
        parts: fc.array(pathPart(route), { minLength: 4, maxLength: 4 }),
        query: oddQuery(api, route),
        headers: oddHeaders,
        body: oddBody(api, route),
      })
      .map(({ parts, query, headers, body }) => {
        let at = 0;
        const path = route.path.replace(/\{\w+\}/g, () => parts[at++ % parts.length] ?? "a");
        const { method, path: name } = route;
        const contentType = body === undefined ? {} : { "content-type": "application/json" };
        return { method, route: name, path: path + query, headers: { ...contentType, ...headers }, body };
      }),
  );
}

const pathPart = ({ method, path }: ApiRoute) => {
  // What is there is deleted seldom: or most would be asked of what is not.
  const isDeletion = method === "DELETE" && /\}$/.test(path);
  return fc.oneof(
    { weight: isDeletion ? 1 : 6, arbitrary: fc.constantFrom(...fuzzedCollections, "default", "doc1") },
    oddText.map((text) => encodeURIComponent(text.toWellFormed())),
  );
};

const oddQuery = (api: Api, { query }: ApiRoute): fc.Arbitrary<string> => {
  const known = query.map(({ name, schema }) => fc.tuple(fc.constant(name), oddValue(api, schema)));
  const one = fc.oneof(...known, fc.tuple(fc.constantFrom("limit", "cursor", "odd"), oddText));
  const pairs = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(one, { maxLength: 3 }));
  return pairs.map((entries) => {
    const texts = entries.map(([name, value]): [string, string] => [name, textOf(value)]);
    return texts.length === 0 ? "" : `?${new URLSearchParams(texts)}`;
  });
};

const textOf = (value: unknown): string =>
  (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed();

const oddHeader = fc.oneof(
  fc.tuple(
    fc.constantFrom("accept", "content-type"),
    fc.constantFrom("*/*", "application/x-ndjson", "application/json; charset=latin1", "text/html", ""),
  ),
  fc.tuple(fc.constantFrom("if-match", "if-none-match"), fc.constantFrom("*", '"1"', '"0"', 'W/"1"', "1")),
  fc.tuple(
    fc.constantFrom("content-encoding", "accept-encoding"),
    fc.constantFrom("gzip", "br", "identity", "deflate", "gzip;q=0, *"),
  ),
  fc.tuple(fc.constantFrom("x-request-id", "x-odd", "origin", "if-match", "traceparent"), headerText),
);
/** Mostly none. */
const oddHeaders = fc
  .oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(oddHeader, { maxLength: 3 }))
  .map((entries) => Object.fromEntries(entries));

function oddBody(api: Api, { body }: ApiRoute): fc.Arbitrary<string | Uint8Array | undefined> {
  if (body === undefined) return fc.option(fc.constant("{}"), { nil: undefined, freq: 20 });
  const { examples = [] } = api.resolve(body);
  const text = fc
    .oneof(
      { weight: 3, arbitrary: oddValue(api, body) },
      ...(examples.length === 0 ? [] : [{ weight: 3, arbitrary: changedExample(examples) }]),
    )
    .map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 20, arbitrary: text },
    fc.tuple(text, fc.nat()).map(([whole, end]) => whole.slice(0, end % (whole.length + 1))),
    fc.uint8Array({ maxLength: 60 }),
  );
}

/** As it is, or with one of its values exchanged, taken away or put elsewhere. */
function changedExample(examples: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(
      fc.constantFrom(...examples),
      fc.nat(),
      fc.constantFrom("keep", "set", "remove", "rename"),
      anything,
    )
    .map(([example, at, change, value]) => {
      const copy: unknown = structuredClone(example);
      const places = placesOf(copy);
      const place = places[at % Math.max(1, places.length)];
      if (place === undefined || change === "keep") return copy;
      const [holder, key] = place;
      const old = holder[key];
      if (change === "set") holder[key] = value;
      else delete holder[key];
      if (change === "rename") holder[`${key}s`] = old;
      return copy;
    });
}

type Holder = Record<string, unknown>;

const placesOf = (value: unknown): (readonly [Holder, string])[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([key, child]) => [[value as Holder, key] as const, ...placesOf(child)]);

/** Mostly what the schema says, in each part now and then something else. */
const oddValue = (api: Api, schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary: regularValue(api, schema) }, anything);

function regularValue(api: Api, schema: Schema): fc.Arbitrary<unknown> {
  if (schema.$ref?.endsWith("/Vector")) return vector;
  if (schema.$ref !== undefined) return regularValue(api, api.resolve(schema));
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => oddValue(api, one)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "array":
      return fc.array(oddValue(api, schema.items ?? {}), { maxLength: 4 });
    case "object":
      return regularObject(api, schema);
    case "boolean":
      return fc.boolean();
    case "string":
      return withExamples(schema, oddText);
    default:
      return withExamples(schema, oddNumber);
  }
}

const withExamples = ({ examples = [] }: Schema, odd: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  examples.length === 0 ? odd : fc.oneof(fc.constantFrom(...examples), odd);

function regularObject(api: Api, { properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, field]) => {
    const value = oddValue(api, field);
    return [name, required.includes(name) ? value : fc.option(value, { nil: undefined })] as const;
  });
  if (fields.length === 0) return fc.dictionary(oddText, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 });
  return fc.record(Object.fromEntries(fields));
}
