import type { ApiKeyId, CollectionId, DatabaseId, PolicyId, TenantId, UserId } from "@akidb/base";

/** What an action is done to, or in. */
export type Resource =
  | { readonly type: "server" }
  | { readonly type: "tenant"; readonly id: TenantId }
  | OfTenant<"database", DatabaseId>
  | (OfTenant<"collection", CollectionId> & { readonly databaseId: DatabaseId })
  | OfTenant<"policy", PolicyId>
  | { readonly type: "user"; readonly id: UserId; readonly tenantId: TenantId; readonly email: string }
  | (OfTenant<"api_key", ApiKeyId> & {
      readonly prefix: string;
      /** Null for a key of no user. */
      readonly userId: UserId | null;
    });

interface OfTenant<Type extends string, Id extends string> {
  readonly type: Type;
  readonly id: Id;
  readonly tenantId: TenantId;
  readonly name: string;
}
