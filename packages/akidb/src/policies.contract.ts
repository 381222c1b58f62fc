import type { AkiDb, Policies, SimulationInput } from "@akidb/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

export interface OpenedAkiDb {
  readonly db: AkiDb;
  close(): Promise<void>;
}

const noSecrets =
  'forbid (principal in Role::"viewer", action, resource is Collection) when { resource.name like "secret-*" };';
const harmless = "permit (principal, action, resource) when { context has ip };";
const unknownId = "00000000-0000-7000-8000-000000000000";

/** What a database promises of policies, whatever is behind it. */
export function checkPolicies(name: string, openAkiDb: () => Promise<OpenedAkiDb>): void {
  describe(`policies ${name}`, () => {
    let opened: OpenedAkiDb;
    let policies: Policies;
    beforeAll(async () => {
      opened = await openAkiDb();
      policies = opened.db.policies;
    });
    afterAll(() => opened.close());

    const decision = async (input: Partial<SimulationInput>) =>
      await policies.simulate({
        principal: { role: "viewer" },
        action: "document::search",
        resource: { type: "collection", name: "secret-plans" },
        ...input,
      });

    test("are created, found by name and id, changed, and deleted", async () => {
      const created = await policies.create({ name: "no secrets", cedarText: noSecrets });
      expect(created).toMatchObject({ name: "no secrets", cedarText: noSecrets, enabled: true });
      expect(await policies.get("no secrets")).toEqual(created);
      expect(await policies.get(created.id.toUpperCase())).toEqual(created);
      const renamed = await policies.update("no secrets", { name: "secrets 100 %/?", enabled: false });
      expect(renamed).toMatchObject({ id: created.id, cedarText: noSecrets, enabled: false });
      expect(await policies.get("secrets 100 %/?")).toEqual(renamed);
      await policies.delete("secrets 100 %/?");
      for (const gone of [created.id, "no secrets", unknownId]) {
        await expect(policies.get(gone)).rejects.toMatchObject({ code: "not_found" });
        await expect(policies.update(gone, { enabled: true })).rejects.toMatchObject({ code: "not_found" });
        await expect(policies.delete(gone)).rejects.toMatchObject({ code: "not_found" });
      }
    });

    test("are listed page by page, in order of creation, of the caller's tenant or a named one", async () => {
      const made = [];
      for (const at of [1, 2, 3]) {
        made.push(await policies.create({ name: `list ${at}`, cedarText: harmless, enabled: false }));
      }
      const first = await policies.list({ limit: 2, tenant: "default" });
      expect(first.items).toEqual(made.slice(0, 2));
      const second = await policies.list({ limit: 2, cursor: first.nextCursor! });
      expect(second).toEqual({ items: made.slice(2) });
      await expect(policies.list({ tenant: "nobody" })).rejects.toMatchObject({ code: "not_found" });
      await expect(policies.list({ limit: 0 })).rejects.toMatchObject({ violations: [{ path: "limit" }] });
      for (const { id } of made) await policies.delete(id);
    });

    test.each([
      [{ name: "", cedarText: harmless }, ["name"]],
      [{ name: "role admin", cedarText: harmless }, ["name"]],
      [{ name: "p", cedarText: "" }, ["cedar_text"]],
      [{ name: "p", cedarText: "permit (principal" }, ["cedar_text"]],
      [{ name: "p", cedarText: `${harmless}${harmless}` }, ["cedar_text"]],
      [{ name: "p", cedarText: `${harmless}//${"x".repeat(16_384)}` }, ["cedar_text"]],
      [
        { name: "guard: own tenant", cedarText: 'permit (principal == Person::"x", action, resource);' },
        ["name", "cedar_text"],
      ],
    ])("that are %j are refused", async (input, paths) => {
      await expect(policies.create(input)).rejects.toMatchObject({
        code: "invalid_argument",
        violations: paths.map((path) => ({ path })),
      });
      expect((await policies.list()).items).toEqual([]);
    });

    test("have a name of their own, and stay sound", async () => {
      const { id } = await policies.create({ name: "one", cedarText: harmless });
      const again = policies.create({ name: "one", cedarText: noSecrets });
      await expect(again).rejects.toMatchObject({ code: "already_exists" });
      const broken = policies.update("one", { cedarText: "permit" });
      await expect(broken).rejects.toMatchObject({ violations: [{ path: "cedar_text" }] });
      expect(await policies.get(id)).toMatchObject({ cedarText: harmless });
      await policies.delete(id);
    });

    test("are validated, with the place of each fault", async () => {
      expect(await policies.validate(noSecrets)).toEqual({ valid: true, errors: [], warnings: [] });
      expect(
        await policies.validate("permit (principal, action, resource)\nwhen { principal.nick };"),
      ).toEqual({
        valid: false,
        errors: expect.arrayContaining([
          {
            path: "cedar_text",
            detail: expect.stringMatching(/^line 2, column \d+: .*nick/),
            line: 2,
            column: expect.any(Number),
          },
        ]),
        warnings: [],
      });
      expect(await policies.validate("")).toMatchObject({ valid: false, errors: [{ line: null }] });
      const never = "permit (principal, action, resource) when { false };";
      expect(await policies.validate(never)).toMatchObject({ valid: true, warnings: [{ line: 1 }] });
    });

    test("are simulated: as they are, and as they might be", async () => {
      expect(await decision({})).toEqual({ decision: "allowed", policies: ["role viewer"] });
      const draft = { name: "draft", cedarText: noSecrets };
      expect(await decision({ policies: [draft] })).toEqual({ decision: "denied", policies: ["draft"] });
      expect(await decision({ policies: [draft], principal: { role: "developer" } })).toEqual({
        decision: "allowed",
        policies: ["role developer"],
      });
      expect(await decision({ action: "document::write" })).toEqual({ decision: "denied", policies: [] });
      const { id } = await policies.create(draft);
      expect(await decision({})).toEqual({ decision: "denied", policies: ["draft"] });
      expect(await decision({ policies: [{ ...draft, enabled: false }] })).toMatchObject({
        decision: "allowed",
      });
      await policies.update(id, { enabled: false });
      expect(await decision({})).toMatchObject({ decision: "allowed" });
      await policies.delete(id);
    });

    test("are simulated at a time, from an address, for somebody's attributes", async () => {
      const atNight = {
        name: "night",
        cedarText:
          'forbid (principal, action, resource) when { context.now.toTime() > duration("18h") && context has ip };',
      };
      const [time, ipAddress] = ["2026-01-31T20:30:00+01:00", "10.1.2.3"];
      const night = { policies: [atNight], time, ipAddress };
      expect(await decision(night)).toEqual({ decision: "denied", policies: ["night"] });
      expect(await decision({ ...night, time: "2026-01-31T17:59:00Z" })).toMatchObject({
        decision: "allowed",
      });
      expect(await decision({ policies: [atNight], time })).toMatchObject({ decision: "allowed" });
      const friends = {
        name: "friends",
        cedarText:
          'permit (principal is User, action, resource) when { principal.email like "*@example.org" };',
      };
      for (const [email, expected] of [
        ["a@example.org", "allowed"],
        ["a@example.com", "denied"],
      ] as const) {
        const principal = { role: "viewer", email };
        const found = await decision({ policies: [friends], principal, action: "document::write" });
        expect(found.decision).toBe(expected);
      }
      const resources = [
        { type: "server" },
        { type: "tenant" },
        { type: "database", id: "default" },
        { type: "policy", name: "p" },
        { type: "user", name: "ada@example.org" },
        { type: "api_key", name: "ci" },
      ];
      for (const resource of resources) {
        expect(await decision({ resource, action: "server::admin" })).toMatchObject({ decision: "denied" });
      }
      // The caller itself runs the server.
      expect(await policies.simulate({ action: "server::admin", resource: { type: "server" } })).toEqual({
        decision: "allowed",
        policies: ["role server admin"],
      });
    });

    test.each<[Partial<SimulationInput>, string]>([
      [{ action: "document::burn" }, "action"],
      [{ resource: { type: "planet" } }, "resource.type"],
      [{ resource: { type: "__proto__", id: "x" } }, "resource.type"],
      [{ resource: { type: "collection" } }, "resource"],
      [{ resource: { type: "collection", id: "a", name: "b" } }, "resource"],
      [{ principal: { role: "king" } }, "principal.role"],
      [{ principal: { role: "viewer", user: "x" } as never }, "principal"],
      [{ principal: {} as never }, "principal"],
      [{ time: "yesterday" }, "time"],
      [{ ipAddress: "10.1" }, "ip_address"],
      [{ policies: [{ name: "p", cedarText: "permit" }] }, "policies[0].cedar_text"],
      [
        {
          policies: [
            { name: "p", cedarText: harmless },
            { name: "p", cedarText: harmless },
          ],
        },
        "policies[1].name",
      ],
    ])("refuse to simulate %j", async (input, path) => {
      await expect(decision(input)).rejects.toMatchObject({
        code: "invalid_argument",
        violations: [{ path }],
      });
    });

    test.each<Partial<SimulationInput>>([
      { tenant: "nobody" },
      { principal: { user: "nobody@example.org" } },
      { principal: { user: unknownId } },
      { principal: { apiKey: unknownId } },
      { principal: { apiKey: "no id" } },
      { resource: { type: "collection", id: "none" } },
      { resource: { type: "collection", name: "a", database: "none" } },
      { resource: { type: "database", id: unknownId } },
    ])("do not find %j", async (input) => {
      await expect(decision(input)).rejects.toMatchObject({ code: "not_found" });
    });

    test("of the product are there to be read, with what policies may speak of", async () => {
      const shipped = await policies.shipped();
      expect(shipped.policies.map((policy) => policy.name)).toContain("role viewer");
      expect(shipped.schema).toContain("entity Collection");
      for (const { cedarText } of shipped.policies) {
        expect(await policies.validate(cedarText)).toMatchObject({ valid: true });
      }
    });
  });
}
