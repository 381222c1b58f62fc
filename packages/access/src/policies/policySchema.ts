/**
 * What policies may speak of, in Cedar's schema language. It is part of the contract with those who write policies: what is
 * here stays, and more may come.
 */
export const policySchema = `
entity Role;
entity Server;
// The tags are what the tenant's metadata has at its top level: texts, and numbers and booleans as text.
entity Tenant = { "slug": String, "name": String } tags String;
entity User in [Role, Tenant] = {
  "tenant": Tenant,
  "email": String,
  "user": User,
  "server_admin": Bool,
};
entity ApiKey in [Role, Tenant] = {
  "tenant": Tenant,
  "name": String,
  "prefix": String,
  // Whose key it is.
  "user"?: User,
  "server_admin": Bool,
  "read_only": Bool,
  "databases"?: Set<Database>,
  "collections"?: Set<Collection>,
};
// Whoever needs no credentials.
entity Local in [Role, Tenant] = { "tenant": Tenant, "server_admin": Bool };
entity Database in [Tenant] = { "tenant": Tenant, "name": String };
entity Collection in [Database] = { "tenant": Tenant, "database": Database, "name": String };
entity Policy in [Tenant] = { "tenant": Tenant, "name": String };

type Request = { "now": datetime, "ip"?: ipaddr };

action "tenant::create" appliesTo { principal: [User, ApiKey, Local], resource: [Server], context: Request };
action "tenant::read" appliesTo { principal: [User, ApiKey, Local], resource: [Server, Tenant], context: Request };
action "tenant::update", "tenant::delete"
  appliesTo { principal: [User, ApiKey, Local], resource: [Tenant], context: Request };
action "user::create" appliesTo { principal: [User, ApiKey, Local], resource: [Tenant], context: Request };
action "user::read" appliesTo { principal: [User, ApiKey, Local], resource: [Tenant, User], context: Request };
action "user::update", "user::delete"
  appliesTo { principal: [User, ApiKey, Local], resource: [User], context: Request };
action "database::create" appliesTo { principal: [User, ApiKey, Local], resource: [Tenant], context: Request };
action "database::read"
  appliesTo { principal: [User, ApiKey, Local], resource: [Tenant, Database], context: Request };
action "database::update", "database::delete", "collection::create"
  appliesTo { principal: [User, ApiKey, Local], resource: [Database], context: Request };
action "collection::read"
  appliesTo { principal: [User, ApiKey, Local], resource: [Database, Collection], context: Request };
action "collection::update", "collection::delete", "document::write", "document::read", "document::delete",
  "document::search", "snapshot::create", "snapshot::restore"
  appliesTo { principal: [User, ApiKey, Local], resource: [Collection], context: Request };
action "policy::manage" appliesTo { principal: [User, ApiKey, Local], resource: [Tenant, Policy], context: Request };
action "key::manage" appliesTo { principal: [User, ApiKey, Local], resource: [Tenant, ApiKey], context: Request };
action "audit::read", "embedding::create"
  appliesTo { principal: [User, ApiKey, Local], resource: [Tenant], context: Request };
action "server::admin" appliesTo { principal: [User, ApiKey, Local], resource: [Server], context: Request };
`;
