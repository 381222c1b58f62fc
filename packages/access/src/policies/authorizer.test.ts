import { AkiDbError, type TenantId } from "@akidb/base";
import { isAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Principal } from "../principal.ts";
import type { Action } from "./action.ts";
import { Authorizer } from "./authorizer.ts";
import { CompiledSets } from "./compiledSets.ts";
import type { AuthorizationRequest } from "./decide.ts";
import { principalEntity, resourceEntity, tenantEntity } from "./entities.ts";
import {
  acme,
  ada,
  bob,
  docs,
  keyWith,
  local,
  main,
  requestOf,
  rulesOf,
  secrets,
  serverTenant,
  userWith,
} from "./policies.test.support.ts";
import { shippedPolicies } from "./shippedPolicies.ts";
import { type PolicyText, parsePolicy } from "./tenantPolicies.ts";

const withPolicies = (...texts: readonly string[]) =>
  new Authorizer(rulesOf(texts.map((cedarText, at) => ({ name: `p${at}`, cedarText }))));
const viewer = userWith("viewer");

describe("a tenant's policies", () => {
  test("permit what no role does, and a decision names them", async () => {
    const authorizer = withPolicies(
      `permit (principal, action == Action::"document::write", resource == Collection::"${docs.id}");`,
    );
    expect(await authorizer.decide(requestOf(viewer, "document::write"))).toEqual({
      isAllowed: true,
      policies: ["p0"],
    });
    expect(await authorizer.decide(requestOf(viewer, "document::write", secrets))).toEqual({
      isAllowed: false,
      policies: [],
    });
    expect(await authorizer.decide(requestOf(viewer, "document::read"))).toEqual({
      isAllowed: true,
      policies: ["role viewer"],
    });
  });

  test("forbid wins", async () => {
    const authorizer = withPolicies(
      "permit (principal, action, resource);",
      'forbid (principal, action, resource is Collection) when { resource.name like "secret-*" };',
    );
    expect(await authorizer.decide(requestOf(userWith("admin"), "document::read", secrets))).toEqual({
      isAllowed: false,
      policies: ["p1"],
    });
    expect(await authorizer.decide(requestOf(userWith("admin"), "document::read"))).toMatchObject({
      isAllowed: true,
    });
  });

  test("cannot permit what is the server's, or another tenant's", async () => {
    const authorizer = withPolicies("permit (principal, action, resource);");
    for (const [action, resource] of [
      ["server::admin", { type: "server" }],
      ["tenant::create", { type: "server" }],
      ["tenant::delete", { type: "tenant", id: acme }],
      ["document::read", { ...docs, tenantId: serverTenant }],
    ] as const) {
      expect(await authorizer.decide(requestOf(userWith("admin"), action, resource))).toMatchObject({
        isAllowed: false,
        policies: expect.arrayContaining([expect.stringMatching(/^guard: /)]),
      });
    }
    const readOnly = keyWith(["admin"], { readOnly: true });
    expect(await authorizer.decide(requestOf(readOnly, "document::write"))).toMatchObject({
      isAllowed: false,
    });
    const whole = await authorizer.decide(requestOf(local, "document::read", docs));
    expect(whole).toMatchObject({ isAllowed: false, policies: ["guard: own tenant"] });
  });

  test("ask for user, key, metadata of the tenant, address and time", async () => {
    const decide = async (condition: string, request: Partial<AuthorizationRequest> = {}) => {
      const authorizer = withPolicies(`permit (principal, action, resource) when { ${condition} };`);
      return (await authorizer.decide({ ...requestOf(viewer, "document::write"), ...request })).isAllowed;
    };
    expect(await decide('principal is User && principal.email like "*@example.org"')).toBe(true);
    expect(await decide(`principal == User::"${bob}"`)).toBe(false);
    expect(
      await decide('principal is ApiKey && principal.name == "ci"', { principal: keyWith(["viewer"]) }),
    ).toBe(true);
    expect(await decide('principal.tenant.hasTag("plan") && principal.tenant.getTag("plan") == "gold"')).toBe(
      true,
    );
    expect(await decide('principal.tenant.hasTag("seats") && principal.tenant.getTag("seats") == "7"')).toBe(
      true,
    );
    expect(await decide('principal.tenant.hasTag("nested")')).toBe(false);
    expect(await decide('context has ip && context.ip.isInRange(ip("10.0.0.0/8"))')).toBe(true);
    expect(
      await decide('context has ip && context.ip.isInRange(ip("10.0.0.0/9"))', { ipAddress: "10.200.0.1" }),
    ).toBe(false);
    expect(await decide("context has ip", { ipAddress: null })).toBe(false);
    expect(await decide('context.now > datetime("2026-01-31T09:29:59Z")')).toBe(true);
    expect(await decide('context.now > datetime("2026-01-31T09:30:01Z")')).toBe(false);
  });

  test.each([
    ["10.1.2.3", "10.1.2.3"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
    ["fe80::1%eth0", "fe80::1"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["::1", "::1"],
  ])("see the address %s as %s", async (ipAddress, seen) => {
    const authorizer = withPolicies(
      `permit (principal, action, resource) when { context has ip && context.ip == ip("${seen}") };`,
    );
    expect(await authorizer.decide({ ...requestOf(viewer, "document::write"), ipAddress })).toMatchObject({
      isAllowed: true,
    });
  });

  test("see no address in what is none", async () => {
    const authorizer = withPolicies("forbid (principal, action, resource) when { context has ip };");
    const texts = fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom("", "1.2.3", "999.1.1.1", "::g", "%"),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (ipAddress) => {
        const decision = await authorizer.decide({ ...requestOf(viewer, "document::read"), ipAddress });
        if (/^[0-9.]+$/.test(ipAddress) && ipAddress.split(".").length !== 4)
          expect(decision.isAllowed).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("that forbid and cannot be evaluated do forbid", async () => {
    const authorizer = withPolicies(
      "forbid (principal, action, resource) when { 9223372036854775807 + 1 == 0 };",
    );
    expect(await authorizer.decide(requestOf(viewer, "document::read"))).toEqual({
      isAllowed: false,
      policies: ["p0"],
    });
  });

  test("that fail to be evaluated forbid, but where what comes before says that they do not apply", async () => {
    const fails = "9223372036854775807 + 1 == 0";
    for (const [condition, isAllowed] of [
      [`${fails} && resource.name == "other"`, false],
      [`resource.name == "other" && ${fails}`, true],
      [`resource.name like "*ocs" && ${fails}`, false],
    ] as const) {
      const authorizer = withPolicies(
        `forbid (principal, action, resource is Collection) when { ${condition} };`,
      );
      expect(await authorizer.decide(requestOf(viewer, "document::read"))).toMatchObject({ isAllowed });
    }
  });

  test("of one role are not those of another", async () => {
    const authorizer = withPolicies('permit (principal in Role::"viewer", action, resource);');
    const both = keyWith(["viewer", "auditor"]);
    expect(await authorizer.decide(requestOf(viewer, "document::write"))).toMatchObject({ isAllowed: true });
    expect(await authorizer.decide(requestOf(both, "document::write"))).toMatchObject({ isAllowed: false });
  });
});

describe("decisions", () => {
  function counting(policies: () => readonly PolicyText[]) {
    const loads: TenantId[] = [];
    const authorizer = new Authorizer((id) => {
      loads.push(id);
      return rulesOf(policies())(id);
    });
    return { authorizer, loads };
  }

  test("change when the tenant is forgotten, and not before", async () => {
    let policies: readonly PolicyText[] = [];
    const { authorizer, loads } = counting(() => policies);
    const request = requestOf(viewer, "document::read");
    await Promise.all([authorizer.decide(request), authorizer.decide(request)]);
    policies = [{ name: "none", cedarText: "forbid (principal, action, resource);" }];
    expect(await authorizer.decide(request)).toMatchObject({ isAllowed: true });
    expect(loads).toEqual([acme]);
    authorizer.forget(acme);
    expect(await authorizer.decide(request)).toEqual({ isAllowed: false, policies: ["none"] });
    expect(loads).toEqual([acme, acme]);
  });

  test("depend on the time and the address only where a policy does", async () => {
    const authorizer = withPolicies(
      'forbid (principal, action == Action::"document::read", resource) when { context.now > datetime("2026-02-01") };',
      'forbid (principal, action == Action::"document::search", resource) when { context has ip && context.ip.isLoopback() };',
    );
    const at = async (action: Action, more: Partial<AuthorizationRequest>) =>
      (await authorizer.decide({ ...requestOf(viewer, action), ...more })).isAllowed;
    const later = { nowMs: Date.UTC(2026, 1, 2) };
    expect([await at("document::read", {}), await at("document::read", later)]).toEqual([true, false]);
    const loopback = { ipAddress: "::1" };
    expect([await at("document::search", {}), await at("document::search", loopback)]).toEqual([true, false]);
    expect(await at("document::search", { ...later, ipAddress: null })).toBe(true);
  });

  test("are refused while the rules cannot be loaded, and made when they can", async () => {
    let fails = true;
    const authorizer = new Authorizer((id) =>
      fails ? Promise.reject(new AkiDbError("unavailable", "busy")) : rulesOf()(id),
    );
    await expect(authorizer.decide(requestOf(viewer, "document::read"))).rejects.toMatchObject({
      code: "unavailable",
    });
    fails = false;
    expect(await authorizer.decide(requestOf(viewer, "document::read"))).toMatchObject({ isAllowed: true });
  });

  test("are refused while a policy of the tenant does not parse", async () => {
    const authorizer = withPolicies("permit (principal");
    const decision = authorizer.decide(requestOf(userWith("admin"), "document::read"));
    await expect(decision).rejects.toMatchObject({ code: "internal" });
  });

  test("can be simulated, with policies that are not there yet", async () => {
    const authorizer = withPolicies("permit (principal, action, resource);");
    const request = requestOf(viewer, "document::write");
    const drafts = [{ name: "p0", cedarText: "forbid (principal, action, resource);" }];
    expect(await authorizer.simulate(request)).toEqual({ isAllowed: true, policies: ["p0"] });
    expect(await authorizer.simulate(request, drafts)).toEqual({ isAllowed: false, policies: ["p0"] });
    expect(await authorizer.decide(request)).toMatchObject({ isAllowed: true });
  });

  test("hold for policies that are called like those of the product", async () => {
    const policies = shippedPolicies.map(({ name }) => ({
      name,
      cedarText: "permit (principal, action, resource);",
    }));
    const authorizer = new Authorizer(rulesOf(policies));
    for (const request of [
      requestOf(userWith("admin"), "server::admin", { type: "server" }),
      requestOf(userWith("admin"), "document::read", { ...docs, tenantId: serverTenant }),
      requestOf(keyWith(["admin"], { readOnly: true }), "document::write"),
    ]) {
      expect(await authorizer.decide(request)).toMatchObject({ isAllowed: false });
    }
  });

  test("know what many policies for everybody say", async () => {
    const many = Array.from(
      { length: 1_200 },
      (_, i) => `forbid (principal, action, resource is Collection) when { resource.name == "n${i}" };`,
    );
    const authorizer = withPolicies(...many);
    for (const i of [0, 511, 512, 1_199]) {
      const request = requestOf(viewer, "document::read", { ...docs, name: `n${i}` });
      expect(await authorizer.decide(request)).toEqual({ isAllowed: false, policies: [`p${i}`] });
    }
    const request = requestOf(viewer, "document::read", { ...docs, name: "n1200" });
    expect(await authorizer.decide(request)).toMatchObject({ isAllowed: true });
  });
});

test("sets that were dropped are compiled again", () => {
  const compiled = new CompiledSets(3);
  const policies = ["permit", "forbid", "permit", "forbid"].map((effect, at) =>
    parsePolicy({ name: `p${at}`, cedarText: `${effect} (principal, action, resource);` }),
  );
  const call = {
    principal: { type: "User", id: "u" },
    action: { type: "Action", id: "document::read" },
    resource: { type: "Collection", id: "c" },
    context: {},
    entities: [],
  };
  const sets = [[0], [1], [0, 1], [2, 3], [0, 1, 2, 3], [2]].map((some) => some.map((at) => policies[at]!));
  for (let round = 0; round < 3; round++) {
    for (const set of sets) {
      const answer = compiled.decide(set, call);
      const decision = set.some(({ head }) => head.isForbid) ? "deny" : "allow";
      expect(answer).toMatchObject({ type: "success", response: { decision } });
      expect(compiled.has(set)).toBe(true);
    }
    expect(sets.filter((set) => compiled.has(set)).length).toBeLessThan(sets.length);
  }
});

/**
 * Leaving out what cannot fit must change nothing: Cedar itself, asked with all policies at once, is the oracle, but that a
 * policy that forbids, and fails to be evaluated, forbids.
 */
test("the policies that are left out would not have mattered", async () => {
  const principals: readonly Principal[] = [viewer, userWith("admin"), keyWith(["developer"]), local];
  const entity = fc.constantFrom(
    `User::"${ada}"`,
    `User::"${bob}"`,
    'Role::"viewer"',
    'Role::"admin"',
    `Tenant::"${acme}"`,
    `Database::"${main.id}"`,
    `Collection::"${docs.id}"`,
    `Collection::"${secrets.id}"`,
  );
  const type = fc.constantFrom("User", "ApiKey", "Collection", "Database", "Tenant");
  const head = (variable: string) =>
    fc.oneof(
      fc.constant(variable),
      entity.map((uid) => `${variable} == ${uid}`),
      entity.map((uid) => `${variable} in ${uid}`),
      type.map((name) => `${variable} is ${name}`),
      fc.tuple(type, entity).map(([name, uid]) => `${variable} is ${name} in ${uid}`),
    );
  const action = fc.constantFrom(
    '"document::read"',
    '"document::write"',
    '"collection::read"',
    '"tenant::read"',
  );
  const actionHead = fc.oneof(
    fc.constant("action"),
    action.map((name) => `action == Action::${name}`),
    fc
      .array(action, { minLength: 1 })
      .map((names) => `action in [${names.map((name) => `Action::${name}`)}]`),
  );
  const condition = fc.constantFrom(
    "",
    'when { resource has name && resource.name like "secret*" }',
    'when { resource has name && resource.name like "*cr*plans" }',
    'when { resource has name && resource.name like "secret-plans*plans" }',
    'when { resource is Collection && resource.name == "docs" && principal has email }',
    'when { principal is User && principal.email like "*@*.org" && resource has name }',
    'when { resource is Tenant && resource.name == "Acme" }',
    'when { resource has name && resource.name == "main" } unless { resource is Collection }',
    'when { principal is User && resource is Collection } when { resource.name like "*" }',
    "when { !(resource is Collection) && resource has name }",
    'when { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) }',
    'unless { principal.tenant.getTag("plan") == "silver" }',
  );
  const policy = fc
    .tuple(fc.constantFrom("permit", "forbid"), head("principal"), actionHead, head("resource"), condition)
    .map(([effect, ...parts]) => `${effect} (${parts.slice(0, 3).join(", ")}) ${parts[3]};`);
  const requests = principals.flatMap((principal) =>
    ([docs, secrets, main, { type: "tenant", id: acme }] as const).flatMap((resource) =>
      (["document::read", "document::write", "collection::read", "tenant::read"] as const).map((name) =>
        requestOf(principal, name, resource),
      ),
    ),
  );
  // Of a tenant that is not the principal's Cedar is told nothing, so what asks for its name fails.
  const aboutAnotherTenant = (["collection::read", "tenant::read"] as const).map(
    (name): [string[], (typeof requests)[number]] => [
      ['forbid (principal, action, resource) when { resource is Tenant && resource.name == "Acme" };'],
      requestOf(local, name, { type: "tenant", id: acme }),
    ],
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(policy, { maxLength: 12 }),
      fc.constantFrom(...requests),
      async (texts, request) => {
        const found = await withPolicies(...texts).decide(request);
        const facts = await rulesOf()(request.principal.tenantId);
        const principal = principalEntity(request.principal, request.principal.roles[0], facts.tenant);
        const resource = resourceEntity(request.resource);
        const all = [
          ...shippedPolicies.map(({ name, cedarText }) => [name, cedarText] as const),
          ...texts.map((text, at) => [`p${at}`, text] as const),
        ];
        const answer = isAuthorized({
          principal: principal.uid,
          action: { type: "Action", id: request.action },
          resource: resource.uid,
          context: {
            now: { __extn: { fn: "datetime", arg: "2026-01-31T09:30:00.000Z" } },
            ip: { __extn: { fn: "ip", arg: "10.1.2.3" } },
          },
          policies: { staticPolicies: Object.fromEntries(all) },
          entities: [...principal.entities, ...resource.entities, tenantEntity(facts.tenant)],
        });
        if (answer.type === "failure") throw new Error(JSON.stringify(answer.errors));
        const { decision, diagnostics } = answer.response;
        const failed = new Set(diagnostics.errors.map(({ policyId }) => policyId));
        const failedForbids = all
          .filter(([name, text]) => failed.has(name) && text.startsWith("forbid"))
          .map(([name]) => name);
        const isAllowed = decision === "allow" && failedForbids.length === 0;
        const reasons = isAllowed || decision === "deny" ? diagnostics.reason : [];
        expect(found.isAllowed).toBe(isAllowed);
        expect([...found.policies].sort()).toEqual([...failedForbids, ...reasons].sort());
      },
    ),
    { numRuns: 150, examples: aboutAnotherTenant },
  );
});
