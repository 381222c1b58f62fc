import type { JsonObject, TenantId } from "@akidb/base";
import type { Role } from "@akidb/catalog";
import type { CedarValueJson, EntityJson, TypeAndId } from "@cedar-policy/cedar-wasm/nodejs";
import type { Principal } from "../principal.ts";
import type { Resource } from "./resource.ts";

/** Of the principal's tenant, as policies see it. */
export interface TenantFacts {
  readonly id: TenantId;
  readonly slug: string;
  readonly name: string;
  readonly metadata: JsonObject;
  /** Its admins run the server. */
  readonly isServerTenant: boolean;
}

/** An entity, and all that it lies in, itself first. */
export interface PlacedEntity {
  readonly uid: TypeAndId;
  readonly within: readonly TypeAndId[];
  readonly entities: readonly EntityJson[];
}

const uid = (type: string, id: string): TypeAndId => ({ type, id });
const reference = (type: string, id: string): CedarValueJson => ({ __entity: uid(type, id) });
const tenantUid = (id: TenantId): TypeAndId => uid("Tenant", id);

/** Policies never ask what lies in an entity, so nothing but the way up is told. */
const entity = (
  self: TypeAndId,
  attrs: Record<string, CedarValueJson>,
  parents: TypeAndId[],
): EntityJson => ({
  uid: self,
  attrs,
  parents,
});

export function tenantEntity({ id, slug, name, metadata }: TenantFacts): EntityJson {
  const tags: Record<string, CedarValueJson> = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (["string", "number", "boolean"].includes(typeof value)) tags[key] = String(value);
  }
  return { ...entity(tenantUid(id), { slug, name }, []), tags };
}

/** The principal with one of its roles. */
export function principalEntity(principal: Principal, role: Role, tenant: TenantFacts): PlacedEntity {
  const self = principalUid(principal);
  const parents = [uid("Role", role), tenantUid(principal.tenantId)];
  const attrs = {
    ...principalAttributes(principal),
    tenant: reference("Tenant", principal.tenantId),
    server_admin: tenant.isServerTenant && role === "admin",
  };
  return { uid: self, within: [self, ...parents], entities: [entity(self, attrs, parents)] };
}

function principalUid(principal: Principal): TypeAndId {
  switch (principal.kind) {
    case "user":
      return uid("User", principal.userId);
    case "api_key":
      return uid("ApiKey", principal.apiKeyId);
    case "local":
    case "owner":
      return uid("Local", "local");
  }
}

function principalAttributes(principal: Principal): Record<string, CedarValueJson> {
  switch (principal.kind) {
    case "user":
      return { email: principal.email, user: reference("User", principal.userId) };
    case "api_key": {
      const { name, prefix, userId, scope } = principal;
      return {
        name,
        prefix,
        ...(userId !== null && { user: reference("User", userId) }),
        read_only: scope.readOnly,
        ...(scope.databases !== null && {
          databases: scope.databases.map((id) => reference("Database", id)),
        }),
        ...(scope.collections !== null && {
          collections: scope.collections.map((id) => reference("Collection", id)),
        }),
      };
    }
    case "local":
    case "owner":
      return {};
  }
}

export function resourceEntity(resource: Resource): PlacedEntity {
  if (resource.type === "server") return placed(entity(uid("Server", "server"), {}, []), []);
  // The tenant of the principal is there already, with all that is known of it.
  if (resource.type === "tenant") {
    return { uid: tenantUid(resource.id), within: [tenantUid(resource.id)], entities: [] };
  }
  const parent = tenantUid(resource.tenantId);
  const tenant = reference("Tenant", resource.tenantId);
  switch (resource.type) {
    case "database": {
      const { id, name } = resource;
      return placed(entity(uid("Database", id), { tenant, name }, [parent]), [parent]);
    }
    case "collection": {
      const { id, name, databaseId } = resource;
      const database = uid("Database", databaseId);
      const attrs = { tenant, database: reference("Database", databaseId), name };
      const {
        uid: self,
        within,
        entities,
      } = placed(entity(uid("Collection", id), attrs, [database]), [database, parent]);
      return { uid: self, within, entities: [...entities, entity(database, {}, [parent])] };
    }
    case "policy": {
      const { id, name } = resource;
      return placed(entity(uid("Policy", id), { tenant, name }, [parent]), [parent]);
    }
    case "user": {
      const { id, email } = resource;
      const attrs = { tenant, email, user: reference("User", id), server_admin: false };
      return placed(entity(uid("User", id), attrs, [parent]), [parent]);
    }
    case "api_key": {
      const { id, name, prefix, userId } = resource;
      const user = userId === null ? {} : { user: reference("User", userId) };
      const attrs = { tenant, name, prefix, ...user, server_admin: false, read_only: false };
      return placed(entity(uid("ApiKey", id), attrs, [parent]), [parent]);
    }
  }
}

const placed = (self: EntityJson, within: readonly TypeAndId[]): PlacedEntity => {
  const own = self.uid as TypeAndId;
  return { uid: own, within: [own, ...within], entities: [self] };
};
