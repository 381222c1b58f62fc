import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isPlainObject } from "@akidb/base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "./serverProcess.ts";

const pageOf = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), "utf8");
const querying = pageOf("querying");

let directory: string;
let server: ServerProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "akidb-querying-"));
  server = await startServerProcess(directory);
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

interface Example {
  readonly request: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Undefined where none stands behind the request. */
  readonly answer: string | undefined;
}

/** Requests are blocks of `http`, each with the block of `json` that follows it. */
const examplesOf = (page: string): readonly Example[] =>
  [
    ...page.matchAll(/^```http\n((\w+) (\S+)\n((?:[\w-]+: .*?\n)*)(.*?))^```\n(?:\n```json\n(.*?)^```)?/gms),
  ].map(([, request, method, path, headers, body, answer]) => ({
    request: request!,
    method: method!,
    path: path!,
    headers: Object.fromEntries(
      [...headers!.matchAll(/^([\w-]+): (.*)$/gm)].map(([, name, value]) => [name!.toLowerCase(), value!]),
    ),
    body: body!.trim(),
    answer,
  }));

/** Of tables with the columns `filter` and `finds`. */
const filters = [...querying.matchAll(/^\| `(\{.*\})` \| (.*) \|$/gm)].map(
  ([, filter, finds]) => [filter!, finds!.split(", ")] as const,
);

async function ask(
  method: string,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const response = await fetch(server.url + path, {
    method,
    headers: { ...(body !== "" && { "content-type": "application/json" }), ...headers },
    ...(body !== "" && { body }),
  });
  const text = await response.text();
  return text === "" ? undefined : JSON.parse(text);
}

/** What is written down, with `…` and rounded numbers replaced by what they stand for in an answer. */
function asAnswered(written: unknown, answered: unknown): unknown {
  if (written === "…") return answered === undefined ? "any value" : answered;
  if (typeof written === "number" && !Number.isInteger(written)) return expect.closeTo(written, 2);
  if (Array.isArray(written)) {
    const list: readonly unknown[] = Array.isArray(answered) ? answered : [];
    return written.map((each, index) => asAnswered(each, list[index]));
  }
  if (!isPlainObject(written)) return written;
  const object: { readonly [key: string]: unknown } = isPlainObject(answered) ? answered : {};
  return Object.fromEntries(
    Object.entries(written).map(([key, value]) => [key, asAnswered(value, object[key])]),
  );
}

it.each(["querying", "documents"])("requests are answered as the page says: %s", async (name) => {
  const page = pageOf(name);
  const examples = examplesOf(page);
  expect(examples.length).toBe(page.match(/^```http$/gm)!.length);
  for (const { request, method, path, headers, body, answer } of examples) {
    const answered = await ask(method, path, body, headers);
    if (answer === undefined) {
      expect(answered ?? {}, request).not.toHaveProperty("errors");
    } else {
      const written: unknown = JSON.parse(answer);
      expect(answered, request).toMatchObject(asAnswered(written, answered) as object);
    }
  }
});

it("every operator has an example, and finds what stands beside it", async () => {
  const query = (body: object) => ask("POST", "/api/v1/collections/books/query", JSON.stringify(body));
  for (const [filter, finds] of filters) {
    const answered = await query({ text: "books", top_k: 100, filter: JSON.parse(filter) });
    const { matches } = answered as { matches: readonly { readonly external_id: string }[] };
    expect(matches.map(({ external_id }) => external_id).sort(), filter).toEqual([...finds].sort());
  }
  // The operators that there are stand in the error of one that is none.
  for (const [filter, isExample] of [
    [{ $: 1 }, (operator: string) => filters.some(([text]) => text.startsWith(`{"${operator}":`))],
    [{ a: { $: 1 } }, (operator: string) => filters.some(([text]) => text.includes(`"${operator}":`))],
  ] as const) {
    const { detail } = (await query({ text: "books", filter })) as { readonly detail: string };
    const operators = detail.match(/\$\w+/g)!;
    expect(operators.length).toBeGreaterThan(2);
    expect(operators.filter((operator) => !isExample(operator))).toEqual([]);
  }
});
