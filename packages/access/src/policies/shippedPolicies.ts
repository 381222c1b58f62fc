import type { Action } from "./action.ts";

/** A policy that comes with the product; no tenant's policy can take one back. */
export interface ShippedPolicy {
  /** As a decision names it. */
  readonly name: string;
  readonly cedarText: string;
}

const set = (actions: readonly Action[]): string =>
  `[${actions.map((action) => `Action::"${action}"`).join(", ")}]`;

/** What reads, whatever it reads. */
const reading: readonly Action[] = [
  ...(["tenant::read", "user::read", "database::read", "collection::read", "document::read"] as const),
  ...(["document::search", "audit::read", "embedding::create"] as const),
];

/** What only whoever runs the server may do. */
const serverWide: readonly Action[] = ["tenant::create", "tenant::update", "tenant::delete", "server::admin"];

/**
 * What whoever runs the server may do in any tenant: let its first users in, mend policies by which its admins have locked
 * themselves out, read its audit log, and nothing with its documents.
 */
const inAnyTenant: readonly Action[] = [
  ...serverWide,
  ...(["tenant::read", "user::create", "user::read", "user::update", "user::delete", "key::manage"] as const),
  ...(["policy::manage", "audit::read"] as const),
];

const inTenantOfAdmin: readonly Action[] = [
  ...(["tenant::read", "user::create", "user::read", "user::update", "user::delete"] as const),
  ...(["database::create", "database::read", "database::update", "database::delete"] as const),
  ...(["collection::create", "collection::read", "collection::update", "collection::delete"] as const),
  ...(["document::write", "document::read", "document::delete", "document::search"] as const),
  ...(["snapshot::create", "snapshot::restore", "policy::manage", "key::manage", "audit::read"] as const),
  "embedding::create",
];

const ofDeveloper: readonly Action[] = [
  ...(["database::create", "database::read", "database::update"] as const),
  ...(["collection::create", "collection::read", "collection::update"] as const),
  ...(["document::write", "document::read", "document::delete", "document::search"] as const),
  ...(["snapshot::create", "snapshot::restore", "embedding::create"] as const),
];

const ofViewer: readonly Action[] = [
  ...(["database::read", "collection::read", "document::read", "document::search"] as const),
  "embedding::create",
];

const ofAuditor: readonly Action[] = [
  ...(["audit::read", "tenant::read", "user::read", "database::read", "collection::read"] as const),
];

/** What each role may do. */
const roles: readonly ShippedPolicy[] = [
  {
    name: "role admin",
    cedarText: `permit (principal in Role::"admin", action in ${set(inTenantOfAdmin)}, resource)
      when { resource in principal.tenant };`,
  },
  {
    name: "role server admin",
    cedarText: `permit (principal in Role::"admin", action in ${set(inAnyTenant)}, resource)
      when { principal.server_admin };`,
  },
  {
    name: "role developer",
    cedarText: `permit (principal in Role::"developer", action in ${set(ofDeveloper)}, resource)
      when { resource in principal.tenant };`,
  },
  {
    name: "role developer: own keys",
    cedarText: `permit (principal in Role::"developer", action == Action::"key::manage", resource is ApiKey)
      when { principal has user && resource has user && resource.user == principal.user };`,
  },
  {
    name: "role viewer",
    cedarText: `permit (principal in Role::"viewer", action in ${set(ofViewer)}, resource)
      when { resource in principal.tenant };`,
  },
  {
    name: "role auditor",
    cedarText: `permit (principal in Role::"auditor", action in ${set(ofAuditor)}, resource)
      when { resource in principal.tenant };`,
  },
];

/** What no policy of a tenant can permit. */
const guards: readonly ShippedPolicy[] = [
  {
    name: "guard: own tenant",
    cedarText: `forbid (principal, action, resource)
      unless { resource in principal.tenant || (principal.server_admin && ${set(inAnyTenant)}.contains(action)) };`,
  },
  {
    name: "guard: server admin",
    cedarText: `forbid (principal, action in ${set(serverWide)}, resource) unless { principal.server_admin };`,
  },
  {
    name: "guard: read-only key",
    cedarText: `forbid (principal is ApiKey, action, resource)
      when { principal.read_only } unless { ${set(reading)}.contains(action) };`,
  },
  {
    name: "guard: databases of the key",
    cedarText: `forbid (principal is ApiKey, action, resource)
      when { principal has databases }
      unless {
        (resource is Database && principal.databases.contains(resource)) ||
        (resource is Collection && principal.databases.contains(resource.database)) ||
        action == Action::"embedding::create"
      };`,
  },
  {
    name: "guard: collections of the key",
    cedarText: `forbid (principal is ApiKey, action, resource)
      when { principal has collections }
      unless {
        (resource is Collection && principal.collections.contains(resource)) ||
        action == Action::"embedding::create"
      };`,
  },
];

export const shippedPolicies: readonly ShippedPolicy[] = [...roles, ...guards];
