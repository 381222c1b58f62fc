import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Authorizer } from "./authorizer.ts";
import { withCedar } from "./cedar.ts";
import { checkPolicyText } from "./checkPolicyText.ts";
import { docs, requestOf, rulesOf, userWith } from "./policies.test.support.ts";
import { checkPolicyComplexity } from "./policyComplexity.ts";
import { shippedPolicies } from "./shippedPolicies.ts";

const check = (text: unknown) => checkPolicyText("cedar_text", text);
const details = (text: unknown) => check(text).violations.map(({ detail }) => detail);

test.each(shippedPolicies)("the shipped policy $name is sound", ({ cedarText }) => {
  expect(check(cedarText)).toEqual({ violations: [], warnings: [] });
});

describe("a policy", () => {
  test.each([
    "permit (principal, action, resource);",
    'forbid (principal, action, resource is Collection) when { resource.name like "secret-*" };',
    'permit (principal is User, action == Action::"document::read", resource) when { principal.email == "a@b.c" };',
    'permit (principal, action, resource) when { principal.tenant.hasTag("plan") && principal.tenant.getTag("plan") == "gold" };',
    'forbid (principal, action, resource) unless { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) };',
    'forbid (principal, action, resource) when { context.now.toTime() > duration("18h") };',
    '@reason("no secrets") permit (principal in Role::"viewer", action, resource); // a comment',
    `permit (principal, action, resource == Collection::"${docs.id}");`,
  ])("may be %s", (text) => {
    expect(check(text).violations).toEqual([]);
  });

  test.each([
    ["", /must be one policy/],
    ["// nothing", /must be one policy/],
    ["permit (principal, action, resource); forbid (principal, action, resource);", /must be one policy/],
    ["permit (principal", /^line 1, column 18: unexpected end of input/],
    ["permit (principal, action, resource)\nwhen { principal.name };", /^line 2, column \d+: /],
    ["allow (principal, action, resource);", /^line 1, column 1: /],
    ["permit (principal == ?principal, action, resource);", /slots/],
    ['permit (principal, action == Action::"document::burn", resource);', /document::burn/],
    ['permit (principal == Person::"x", action, resource);', /Person/],
    ['permit (principal, action, resource) when { resource.name == "x" };', /name/],
    ["permit (principal, action, resource) when { context.ip.isLoopback() };", /ip/],
    ['permit (principal, action, resource) when { principal.tenant.getTag("plan") == "x" };', /tag/],
    ["permit (principal, action, resource) when { 1 + true };", /column/],
    [
      'permit (principal, action, resource) when { context has ip && context.ip.isInRange(ip("10")) };',
      /`10`|"10"/,
    ],
    ["permit\0", /must be text/],
    [17, /must be text/],
    ["permit \ud800", /must be text/],
  ])("may not be %j", (text, detail) => {
    const [first] = details(text);
    expect(first).toMatch(detail);
    expect(first!.length).toBeLessThanOrEqual(500);
    expect(check(text).violations[0]!.path).toBe("cedar_text");
  });

  test("that can never apply is warned of", () => {
    expect(check("permit (principal, action, resource) when { false };").warnings[0]).toEqual({
      path: "cedar_text",
      detail: expect.stringMatching(/^line 1, column \d+: /),
      place: { line: 1, column: expect.any(Number) },
    });
  });
});

describe("nesting", () => {
  const when = (condition: string): string => `permit (principal, action, resource) when { ${condition} };`;
  const nested = (open: string, close: string, count: number): string =>
    when(`${open.repeat(count)}true${close.repeat(count)}`);

  test.each([
    ["brackets", (n: number) => nested("(", ")", n)],
    ["sets", (n: number) => nested("[", "]", n)],
    ["records", (n: number) => nested("{a:", "}", n)],
    ["ifs", (n: number) => nested("if true then ", " else true", n)],
    ["sums", (n: number) => when(`${"1 + ".repeat(n)}1 == 2`)],
    ["accesses", (n: number) => when(`context${".a".repeat(n)}`)],
    ["calls", (n: number) => when(`context${".contains(1)".repeat(n)}`)],
    [
      "brackets to the left",
      (n: number) => when(`${"(".repeat(n / 10)}1${" + 1) + 1 + 1 + 1".repeat(n / 10)} == 1`),
    ],
    ["brackets in calls", (n: number) => nested('ip("::").isInRange(', ")", n)],
  ] as const)(
    "of %s is bounded before Cedar sees it, and what is let through does not overrun it",
    (_, text) => {
      expect(details(text(1_000))[0]).toMatch(/^is nested too deeply, or too long|^must have at most 16384/);
      let largest = 0;
      for (let n = 10; checkPolicyComplexity("p", text(n)) === undefined; n += 10) largest = n;
      expect(largest).toBeGreaterThan(0);
      check(text(largest));
      expect(check("permit (principal, action, resource);").violations).toEqual([]);
    },
  );

  test("of long conditions and long lists is none", () => {
    const conditions = Array.from(
      { length: 60 },
      (_, i) => `context != context || principal == User::"${i}"`,
    );
    expect(check(when(conditions.join(" && "))).violations).toEqual([]);
    const ids = Array.from({ length: 500 }, (_, i) => `User::"${i}"`).join(", ");
    expect(checkPolicyComplexity("p", when(`[${ids}].contains(principal)`))).toBeUndefined();
    expect(details(when(`${"true && ".repeat(600)}true`))[0]).toMatch(/500 times/);
  });

  test("of any mixture is refused or survived", () => {
    const piece = fc.constantFrom(
      ...[
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "{a:",
        "1",
        "true",
        "+ 1",
        "- 1",
        "* 2",
        ".a",
        ".contains(",
        "&& true",
        ",",
      ],
      ...[
        "|| true",
        "if true then",
        "else true",
        "!",
        "== 1",
        "principal",
        "context",
        "has ip",
        "in",
        "is User",
        '"',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 400 }), fc.nat(30), (pieces, repeat) => {
        const some = pieces.slice(0, 12).join(" ");
        for (const body of [pieces.join(" "), some.repeat(repeat)]) check(when(body));
        expect(check("permit (principal, action, resource);").violations).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("a trap of Cedar is survived by the next caller", async () => {
    const authorizer = new Authorizer(rulesOf());
    const request = requestOf(userWith("viewer"), "document::read");
    await authorizer.decide(request);
    const deep = `permit (principal, action, resource) when { ${"(".repeat(3_000)}true${")".repeat(3_000)} };`;
    expect(() => withCedar((cedar) => cedar.policySetTextToParts(deep))).toThrow(
      expect.objectContaining({ code: "internal" }),
    );
    authorizer.forget(request.principal.tenantId);
    expect(await authorizer.decide(request)).toMatchObject({ isAllowed: true });
  });
});
