import {
  type CallerInfo,
  type CallerPermissions,
  type ChangePasswordInput,
  collectionOperations,
  type LoginInput,
  type SessionTokens,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { ApiKeyResource, apiKeyFromWire, apiKeyToWire } from "./apiKey.ts";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";
import { RoleName, UserResource, userFromWire, userToWire } from "./user.ts";

const password = Type.String({ examples: ["a long sentence is easy to keep"] });

export const LoginBody = Type.Object(
  {
    tenant: Type.Optional(Type.String({ description: "Slug or id. Default: that called `default`." })),
    email: Type.String({ examples: ["ada@example.org"] }),
    password,
  },
  {
    $id: "Login",
    additionalProperties: false,
    examples: [{ email: "ada@example.org", password: "a long sentence is easy to keep" }],
  },
);
export type LoginBody = Static<typeof LoginBody>;

export const RefreshBody = Type.Object(
  { refresh_token: Type.String({ description: "As the login or the last refresh gave it." }) },
  { $id: "Refresh", additionalProperties: false, examples: [{ refresh_token: "akidb_rt_…" }] },
);
export type RefreshBody = Static<typeof RefreshBody>;

export const ChangePasswordBody = Type.Object(
  { current_password: password, new_password: password },
  {
    $id: "ChangePassword",
    additionalProperties: false,
    examples: [{ current_password: "correct horse", new_password: "battery staple and more" }],
  },
);
export type ChangePasswordBody = Static<typeof ChangePasswordBody>;

export const SessionTokensResource = Type.Object(
  {
    access_token: Type.String({ description: "Requests bring it as `Authorization: Bearer …`." }),
    token_type: stringEnum(["Bearer"]),
    expires_in: Type.Integer({ description: "Seconds that the access token is good for.", examples: [900] }),
    refresh_token: Type.String({ description: "Gives the next two tokens, once." }),
    refresh_expires_at: Type.String({ format: "date-time" }),
    user: UserResource,
  },
  { $id: "SessionTokens" },
);
export type SessionTokensResource = Static<typeof SessionTokensResource>;

export const CallerResource = Type.Object(
  {
    kind: stringEnum<CallerInfo["kind"]>(["user", "api_key", "local", "owner"], {
      description:
        "`local`: needs no credentials here; `owner`: has the files of the server's data directory. Both are admins of the " +
        "tenant called default.",
    }),
    tenant_id: Type.String({ format: "uuid" }),
    roles: Type.Array(RoleName, { description: "What the caller may is what each of them may." }),
    user: Type.Union([UserResource, Type.Null()]),
    api_key: Type.Union([ApiKeyResource, Type.Null()]),
  },
  { $id: "Caller" },
);
export type CallerResource = Static<typeof CallerResource>;

export const PermissionsQuery = Type.Object(
  { database: Type.Optional(Type.String({ description: "Name or id. Default: that called `default`." })) },
  { additionalProperties: false },
);
export type PermissionsQuery = Static<typeof PermissionsQuery>;

export const PermissionsResource = Type.Object(
  {
    operations: Type.Array(stringEnum(collectionOperations), {
      description:
        "What the caller may do to the database, to some collection of it, or to one that comes; by the names of the " +
        "audit log.",
    }),
  },
  { $id: "Permissions" },
);
export type PermissionsResource = Static<typeof PermissionsResource>;

export const permissionsToWire = ({ operations }: CallerPermissions): PermissionsResource => ({
  operations: [...operations],
});

export const loginToWire = ({ tenant, email, password: text }: LoginInput): LoginBody =>
  definedFields<LoginBody>({ tenant, email, password: text });

export const changePasswordToWire = (input: ChangePasswordInput): ChangePasswordBody => ({
  current_password: input.currentPassword,
  new_password: input.newPassword,
});

export const changePasswordFromWire = (body: ChangePasswordBody): ChangePasswordInput => ({
  currentPassword: body.current_password,
  newPassword: body.new_password,
});

export const sessionTokensToWire = (tokens: SessionTokens): SessionTokensResource => ({
  access_token: tokens.accessToken,
  token_type: "Bearer",
  expires_in: tokens.expiresInSeconds,
  refresh_token: tokens.refreshToken,
  refresh_expires_at: tokens.refreshExpiresAt,
  user: userToWire(tokens.user),
});

export const sessionTokensFromWire = (resource: SessionTokensResource): SessionTokens => ({
  accessToken: resource.access_token,
  expiresInSeconds: resource.expires_in,
  refreshToken: resource.refresh_token,
  refreshExpiresAt: resource.refresh_expires_at,
  user: userFromWire(resource.user),
});

export const callerToWire = (caller: CallerInfo): CallerResource => ({
  kind: caller.kind,
  tenant_id: caller.tenantId,
  roles: [...caller.roles],
  user: caller.user && userToWire(caller.user),
  api_key: caller.apiKey && apiKeyToWire(caller.apiKey),
});

export const callerFromWire = (resource: CallerResource): CallerInfo => ({
  kind: resource.kind,
  tenantId: resource.tenant_id,
  roles: resource.roles,
  user: resource.user && userFromWire(resource.user),
  apiKey: resource.api_key && apiKeyFromWire(resource.api_key),
});
