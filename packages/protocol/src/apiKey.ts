import type { ApiKeyInfo, CreateApiKeyInput, CreatedApiKey, JsonObject, Page } from "@akidb/base";
import Type, { type Static, type TSchema } from "typebox";
import { definedFields } from "./definedFields.ts";
import { FilterBody } from "./filter.ts";
import { PageOfTenantQuery, RoleName } from "./user.ts";

const OwnFilter = Type.Unsafe<JsonObject>({
  ...FilterBody,
  description:
    "As in a query: what every document passes that is read or written with the key. Such a key does nothing else: it " +
    "makes no collections, snapshots, users or keys.",
});

export const CreateApiKeyBody = Type.Object(
  {
    name: Type.String({ description: "1..255 characters in one line.", examples: ["importer"] }),
    user: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description:
          "Id or e-mail of the user whose key it is, which never may more than its user; null for a key of the tenant " +
          "alone. Default: the caller's own, or none where it is no user.",
      }),
    ),
    role: Type.Optional(RoleName),
    databases: Type.Optional(
      Type.Array(Type.String(), { description: "Names or ids. Default: all of the tenant." }),
    ),
    collections: Type.Optional(
      Type.Array(Type.String(), {
        description:
          "Ids, `database/name`, or names in `databases`, or in the database called default where there is no such list. " +
          "Default: all of the databases.",
        examples: [["books"]],
      }),
    ),
    read_only: Type.Optional(Type.Boolean({ description: "Default: false." })),
    filter: Type.Optional(OwnFilter),
    expires_at: Type.Optional(
      Type.String({
        description: "In the future; ISO 8601 with its zone. Default: never.",
        examples: ["2027-01-31T12:00:00Z"],
      }),
    ),
    tenant: PageOfTenantQuery.properties.tenant,
  },
  {
    $id: "CreateApiKey",
    additionalProperties: false,
    examples: [{ name: "importer", role: "developer", collections: ["books"] }],
  },
);
export type CreateApiKeyBody = Static<typeof CreateApiKeyBody>;

const orNull = <Schema extends TSchema>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const Timestamp = Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] });
const Ids = Type.Array(Type.String({ format: "uuid" }));

const keyFields = {
  api_key_id: Type.String({ format: "uuid" }),
  tenant_id: Type.String({ format: "uuid" }),
  user_id: orNull(Type.String({ format: "uuid" }), "Null for a key of the tenant alone."),
  name: Type.String({ examples: ["importer"] }),
  prefix: Type.String({ description: "How the secret begins.", examples: ["akidb_3kTq0Z"] }),
  role: orNull(RoleName, "Null for that of the user, whatever it is at the time."),
  databases: orNull(Ids, "Null for all of the tenant."),
  collections: orNull(Ids, "Null for all of the databases."),
  read_only: Type.Boolean(),
  filter: orNull(OwnFilter, "What every document passes that is read or written with the key."),
  expires_at: orNull(Timestamp, "Null for never."),
  last_used_at: orNull(Timestamp, "To the minute."),
  revoked_at: orNull(Timestamp, "Null while it is not revoked."),
  created_at: Timestamp,
  updated_at: Timestamp,
};

export const ApiKeyResource = Type.Object(keyFields, { $id: "ApiKey" });
export type ApiKeyResource = Static<typeof ApiKeyResource>;

export const CreatedApiKeyResource = Type.Object(
  {
    ...keyFields,
    secret: Type.String({
      description: "Shown this once. Requests bring it as `Authorization: Bearer …` or `X-API-Key`.",
    }),
  },
  { $id: "CreatedApiKey" },
);
export type CreatedApiKeyResource = Static<typeof CreatedApiKeyResource>;

export const ApiKeyList = Type.Object({
  api_keys: Type.Array(ApiKeyResource, { description: "In order of creation." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type ApiKeyList = Static<typeof ApiKeyList>;

export const ListApiKeysQuery = Type.Object(
  {
    user: Type.Optional(
      Type.String({
        description:
          "Id or e-mail: keys of this user alone. Default: all for admins, for others who are users their own.",
      }),
    ),
    ...PageOfTenantQuery.properties,
  },
  { additionalProperties: false },
);

export const ApiKeyPath = Type.Object({
  apiKey: Type.String({ format: "uuid", description: "The key's id." }),
});

export const createApiKeyToWire = (input: CreateApiKeyInput): CreateApiKeyBody =>
  definedFields<CreateApiKeyBody>({
    name: input.name,
    user: input.user,
    role: input.role,
    databases: input.databases && [...input.databases],
    collections: input.collections && [...input.collections],
    read_only: input.readOnly,
    filter: input.filter,
    expires_at: input.expiresAt,
    tenant: input.tenant,
  });

export const createApiKeyFromWire = (body: CreateApiKeyBody): CreateApiKeyInput =>
  definedFields<CreateApiKeyInput>({
    name: body.name,
    user: body.user,
    role: body.role,
    databases: body.databases,
    collections: body.collections,
    readOnly: body.read_only,
    filter: body.filter,
    expiresAt: body.expires_at,
    tenant: body.tenant,
  });

export const apiKeyToWire = (info: ApiKeyInfo): ApiKeyResource => ({
  api_key_id: info.id,
  tenant_id: info.tenantId,
  user_id: info.userId,
  name: info.name,
  prefix: info.prefix,
  role: info.role,
  databases: info.databases && [...info.databases],
  collections: info.collections && [...info.collections],
  read_only: info.readOnly,
  filter: info.filter,
  expires_at: info.expiresAt,
  last_used_at: info.lastUsedAt,
  revoked_at: info.revokedAt,
  created_at: info.createdAt,
  updated_at: info.updatedAt,
});

export const apiKeyFromWire = (resource: ApiKeyResource): ApiKeyInfo => ({
  id: resource.api_key_id,
  tenantId: resource.tenant_id,
  userId: resource.user_id,
  name: resource.name,
  prefix: resource.prefix,
  role: resource.role,
  databases: resource.databases,
  collections: resource.collections,
  readOnly: resource.read_only,
  filter: resource.filter,
  expiresAt: resource.expires_at,
  lastUsedAt: resource.last_used_at,
  revokedAt: resource.revoked_at,
  createdAt: resource.created_at,
  updatedAt: resource.updated_at,
});

export const createdApiKeyToWire = ({ secret, ...info }: CreatedApiKey): CreatedApiKeyResource => ({
  ...apiKeyToWire(info),
  secret,
});

export const createdApiKeyFromWire = ({ secret, ...resource }: CreatedApiKeyResource): CreatedApiKey => ({
  ...apiKeyFromWire(resource),
  secret,
});

export const apiKeyListToWire = (page: Page<ApiKeyInfo>): ApiKeyList =>
  definedFields<ApiKeyList>({ api_keys: page.items.map(apiKeyToWire), next_cursor: page.nextCursor });

export const apiKeyListFromWire = (list: ApiKeyList): Page<ApiKeyInfo> =>
  definedFields<Page<ApiKeyInfo>>({ items: list.api_keys.map(apiKeyFromWire), nextCursor: list.next_cursor });
