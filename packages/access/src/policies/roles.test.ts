import { expect, test } from "vitest";
import type { Principal } from "../principal.ts";
import { type Action, actions } from "./action.ts";
import { Authorizer } from "./authorizer.ts";
import {
  acme,
  ada,
  bob,
  docs,
  foreign,
  keyWith,
  local,
  main,
  other,
  requestOf,
  rulesOf,
  secrets,
  serverTenant,
  userWith,
} from "./policies.test.support.ts";
import type { Resource } from "./resource.ts";

const authorizer = new Authorizer(rulesOf());
const may = async (principal: Principal, action: Action, resource: Resource): Promise<boolean> =>
  (await authorizer.decide(requestOf(principal, action, resource))).isAllowed;

const server: Resource = { type: "server" };
const tenant: Resource = { type: "tenant", id: acme };
const colleague: Resource = { type: "user", id: bob, tenantId: acme, email: "bob@example.org" };
const policy: Resource = { type: "policy", id: docs.id as never, tenantId: acme, name: "p" };
const key: Resource = {
  type: "api_key",
  id: docs.id as never,
  tenantId: acme,
  name: "k",
  prefix: "akidb_x",
  userId: bob,
};

/** Written by hand, from the product's contract: admin, developer, viewer, auditor; and the admin of the server's tenant. */
const table: readonly (readonly [Action, Resource, string])[] = [
  ["tenant::create", server, "----S"],
  ["tenant::read", server, "----S"],
  ["tenant::read", tenant, "A--US"],
  ["tenant::update", tenant, "----S"],
  ["tenant::delete", tenant, "----S"],
  ["user::create", tenant, "A---S"],
  ["user::read", tenant, "A--US"],
  ["user::read", colleague, "A--US"],
  ["user::update", colleague, "A---S"],
  ["user::delete", colleague, "A---S"],
  ["database::create", tenant, "AD---"],
  ["database::read", tenant, "ADVU-"],
  ["database::read", main, "ADVU-"],
  ["database::update", main, "AD---"],
  ["database::delete", main, "A----"],
  ["collection::create", main, "AD---"],
  ["collection::read", main, "ADVU-"],
  ["collection::read", docs, "ADVU-"],
  ["collection::update", docs, "AD---"],
  ["collection::delete", docs, "A----"],
  ["document::write", docs, "AD---"],
  ["document::read", docs, "ADV--"],
  ["document::delete", docs, "AD---"],
  ["document::search", docs, "ADV--"],
  ["snapshot::create", docs, "AD---"],
  ["snapshot::restore", docs, "AD---"],
  ["policy::manage", tenant, "A---S"],
  ["policy::manage", policy, "A---S"],
  ["key::manage", tenant, "A---S"],
  ["key::manage", key, "A---S"],
  ["audit::read", tenant, "A--US"],
  ["embedding::create", tenant, "ADV--"],
  ["server::admin", server, "----S"],
];

test("the roles may do what the table says, and nothing else", async () => {
  expect(new Set(table.map(([action]) => action))).toEqual(new Set(actions));
  const holders = [
    userWith("admin"),
    userWith("developer"),
    userWith("viewer"),
    userWith("auditor"),
    userWith("admin", serverTenant),
  ];
  for (const [action, resource, expected] of table) {
    const found = await Promise.all(
      holders.map(async (holder, at) => ((await may(holder, action, resource)) ? "ADVUS"[at] : "-")),
    );
    expect(`${action} ${resource.type} ${found.join("")}`).toBe(`${action} ${resource.type} ${expected}`);
  }
});

test("nobody but whoever runs the server does anything in another tenant", async () => {
  const others: readonly Resource[] = [
    { type: "tenant", id: other },
    { ...colleague, tenantId: other } as Resource,
    { ...main, tenantId: other },
    foreign,
    { ...policy, tenantId: other } as Resource,
    { ...key, tenantId: other } as Resource,
  ];
  for (const role of ["admin", "developer", "viewer", "auditor"] as const) {
    for (const action of actions) {
      for (const resource of others) expect(await may(userWith(role), action, resource)).toBe(false);
    }
  }
  const roles = ["developer", "viewer", "auditor"] as const;
  for (const role of roles)
    expect(await may(userWith(role, serverTenant), "server::admin", server)).toBe(false);
});

test("a local caller is the admin of the server's tenant", async () => {
  expect(await may(local, "server::admin", server)).toBe(true);
  expect(await may(local, "document::write", { ...docs, tenantId: serverTenant })).toBe(true);
  expect(await may(local, "document::write", docs)).toBe(false);
});

test("a developer manages the developer's own keys", async () => {
  const own = { ...key, userId: ada } as Resource;
  expect(await may(userWith("developer"), "key::manage", own)).toBe(true);
  expect(await may(userWith("viewer"), "key::manage", own)).toBe(false);
  expect(await may(keyWith(["developer"]), "key::manage", { ...key, userId: null } as Resource)).toBe(false);
});

test("a user reads the own record only as everybody's", async () => {
  const self: Resource = { type: "user", id: ada, tenantId: acme, email: "ada@example.org" };
  expect(await may(userWith("admin"), "user::update", self)).toBe(true);
  expect(await may(userWith("viewer"), "user::update", self)).toBe(false);
});

test("a key does no more than either of its roles", async () => {
  for (const [roles, action, allowed] of [
    [["admin", "viewer"], "document::read", true],
    [["admin", "viewer"], "document::write", false],
    [["viewer", "admin"], "document::write", false],
    [["developer", "auditor"], "collection::read", true],
    [["developer", "auditor"], "document::read", false],
    [["admin", "auditor"], "document::read", false],
  ] as const) {
    expect(await may(keyWith(roles), action, docs), `${roles} ${action}`).toBe(allowed);
  }
});

test("a read-only key changes nothing", async () => {
  const reader = keyWith(["admin"], { readOnly: true });
  const allowed = [];
  for (const [action, resource] of table) if (await may(reader, action, resource)) allowed.push(action);
  expect([...new Set(allowed)]).toEqual([
    ...["tenant::read", "user::read", "database::read", "collection::read", "document::read"],
    ...["document::search", "audit::read", "embedding::create"],
  ]);
});

test("a key with databases or collections stays in them", async () => {
  const elsewhere = { ...docs, databaseId: secrets.id as never };
  const ofMain = keyWith(["admin"], { databases: [main.id] });
  expect(await may(ofMain, "document::write", docs)).toBe(true);
  expect(await may(ofMain, "collection::create", main)).toBe(true);
  expect(await may(ofMain, "document::write", elsewhere)).toBe(false);
  expect(await may(ofMain, "user::create", tenant)).toBe(false);
  expect(await may(ofMain, "embedding::create", tenant)).toBe(true);
  const ofDocs = keyWith(["admin"], { collections: [docs.id] });
  expect(await may(ofDocs, "document::write", docs)).toBe(true);
  expect(await may(ofDocs, "document::write", secrets)).toBe(false);
  expect(await may(ofDocs, "collection::create", main)).toBe(false);
  const ofBoth = keyWith(["admin"], { databases: [main.id], collections: [docs.id] });
  expect(await may(ofBoth, "document::write", docs)).toBe(true);
  expect(await may(ofBoth, "document::write", { ...elsewhere, id: docs.id })).toBe(false);
});
