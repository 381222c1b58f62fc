import type { Principal, Resource } from "@akidb/access";
import { type DatabaseId, notFound, type TenantId } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import type { OperationContext } from "../operation.ts";

export const theServer = (): Resource => ({ type: "server" });

export const ownTenant = ({ principal }: OperationContext): Resource => ({
  type: "tenant",
  id: principal.tenantId,
});

/** The database that the request goes to. */
export const chosenDatabase = ({ databaseId, databases }: OperationContext): Resource =>
  databaseResource(databases, databaseId);

/** Of a request that names a collection; rejects with `not_found` where there is none of that name for the caller. */
export const namedCollection = (
  context: OperationContext,
  { collection }: { readonly collection: string },
): Resource => collectionResource(context, context.collections.find(context.databaseId, collection));

export const collectionResource = (
  { databases }: Pick<OperationContext, "databases">,
  { id, name, databaseId }: Pick<CollectionRecord, "id" | "name" | "databaseId">,
): Resource => ({ type: "collection", id, name, databaseId, tenantId: databases.get(databaseId).tenantId });

/** Of a request that names a database itself, in whatever state; rejects with `not_found` as for a collection. */
export function namedDatabase(
  { databases, principal }: OperationContext,
  { database }: { readonly database: string },
): Resource {
  return databaseResource(databases, databases.find(principal.tenantId, database).id);
}

function databaseResource(databases: OperationContext["databases"], id: DatabaseId): Resource {
  const { tenantId, name } = databases.get(id);
  return { type: "database", id, tenantId, name };
}

/** Whoever runs the server: an admin of its tenant. */
const isServerAdmin = (
  { roles, tenantId }: Principal,
  { serverTenantId }: Pick<OperationContext, "serverTenantId">,
): boolean => tenantId === serverTenantId && roles.every((role) => role === "admin");

/**
 * Whose things a caller may know of: its own tenant's; for whoever runs the server, every tenant's. Anything else does not
 * exist, and is looked for no longer than what really does not.
 *
 * @throws AkiDbError `not_found`
 */
export function requireVisible(context: OperationContext, tenantId: TenantId, what: string): void {
  const { principal } = context;
  if (tenantId !== principal.tenantId && !isServerAdmin(principal, context)) throw notFound(what);
}
