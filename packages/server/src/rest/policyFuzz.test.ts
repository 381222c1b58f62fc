import { SeededRandom } from "@akidb/base";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../adapters/testServer.test.support.ts";

const seed = 20_260_726;
const url = "/api/v1/policies";
const forbidAll = "forbid (principal, action, resource);";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const validate = (text: unknown) => server.call("POST", `${url}/validate`, { cedar_text: text });
const when = (condition: string) => `permit (principal, action, resource) when { ${condition} };`;

test.each([
  ["nothing", ""],
  ["spaces", " ".repeat(10_000)],
  ["comments", "//\n".repeat(5_000)],
  ["deep brackets", when("(".repeat(16_000))],
  ["deep brackets that are closed", when(`${"(".repeat(8_000)}true${")".repeat(8_000)}`)],
  ["a long chain", when(`${"true && ".repeat(2_000)}true`)],
  ["negations", when(`${"!".repeat(8_000)}true`)],
  ["many sets", when(`[${"[],".repeat(5_000)}[]] == []`)],
  ["a long text", when(`principal.name like "${"*a".repeat(8_000)}"`)],
  ["a huge number", when(`${"9".repeat(16_000)} == 1`)],
  ["many policies", `${forbidAll}\n`.repeat(400)],
  ["annotations", `${'@a("b") '.repeat(1_500)}${forbidAll}`],
  ["more than it may have", `${forbidAll}//${"x".repeat(2_000_000)}`],
  ["other scripts", when('context has "\u{1f511}\u202e\u0430"')],
  ["odd escapes", when('"\\u{110000}" == "\\x80"')],
  ["ten thousand quotes", '"'.repeat(10_000)],
])("the validator answers %s", async (_, text) => {
  const { status, body } = await validate(text);
  expect(status).toBe(200);
  expect(typeof body.valid).toBe("boolean");
  for (const { path, detail } of body.errors) {
    expect(path).toBe("cedar_text");
    expect(detail.length).toBeLessThanOrEqual(500);
  }
  expect((await validate(forbidAll)).body).toEqual({ valid: true, errors: [], warnings: [] });
});

test("the validator answers any text, and never with a fault of the server", async () => {
  const word = fc.constantFrom(
    ...["permit", "forbid", "(", ")", "{", "}", "[", "]", "principal", "action", "resource", "context", ";"],
    ...["when", "unless", "==", "in", "is", "has", "like", "&&", "||", "!", "if", "then", "else", ".", ","],
    ...['Action::"document::read"', 'Role::"viewer"', "ip(", '"10.0.0.0/8"', ".isInRange(", "datetime(", "1"],
    ...["?principal", "@a", "//", "\n", "-", "*", "9223372036854775807", "true", ".name", ".getTag(", '"'],
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.array(word, { maxLength: 60 }).map((words) => words.join(" ")),
    fc.array(word, { maxLength: 30 }).map((words) => when(words.join(" "))),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 20, arbitrary: text }, fc.jsonValue()), async (given) => {
      const { status, body } = await validate(given);
      expect(status).toBe(typeof given === "string" ? 200 : 400);
      if (status === 200) expect(body.valid).toBe(body.errors.length === 0);
    }),
    { numRuns: 150, seed },
  );
});

test("simulations take what the validator lets through", async () => {
  const random = new SeededRandom(seed);
  const conditions = ["context has ip", 'principal.tenant.hasTag("a")', "1 + 1 == 2", "principal is User"];
  for (let round = 0; round < 10; round++) {
    const condition = Array.from({ length: 20 }, () => conditions[random.nextInt(conditions.length)]);
    const { body } = await server.call("POST", `${url}/simulate`, {
      principal: { role: "viewer" },
      action: "document::write",
      resource: { type: "collection", name: `c${round}` },
      policies: [{ name: "draft", cedar_text: when(condition.join(round % 2 === 0 ? " && " : " || ")) }],
    });
    expect(["allowed", "denied"]).toContain(body.decision);
  }
});
