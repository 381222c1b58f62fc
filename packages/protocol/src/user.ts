import {
  type CreateUserInput,
  type Page,
  roles,
  type UpdateUserInput,
  type UserInfo,
  userStatuses,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { PageQuery } from "./collection.ts";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

export const RoleName = stringEnum(roles, {
  $id: "Role",
  description:
    "`admin`: everything in its tenant; `developer`: databases, collections and documents; `viewer`: reads and searches; " +
    "`auditor`: the audit log and what there is, no documents.",
});

const StatusName = stringEnum(userStatuses, {
  $id: "UserStatus",
  description: "Who is not `active` cannot log in, and their keys do not work; `deactivated` is for good.",
});

const Email = Type.String({
  description: "Unique in the tenant, whatever the case of its letters.",
  examples: ["ada@example.org"],
});
const Password = Type.String({
  description: "At least 12 characters.",
  examples: ["a long sentence is easy to keep"],
});

const tenantField = {
  tenant: Type.Optional(
    Type.String({
      description:
        "Slug or id of the tenant; another than the caller's own is there for an admin of the tenant called default alone.",
      examples: ["acme"],
    }),
  ),
};

export const OfTenantQuery = Type.Object(tenantField, { additionalProperties: false });

export const PageOfTenantQuery = Type.Object(
  { ...tenantField, ...PageQuery.properties },
  { additionalProperties: false },
);

export const CreateUserBody = Type.Object(
  { email: Email, password: Password, role: RoleName, ...tenantField },
  {
    $id: "CreateUser",
    additionalProperties: false,
    examples: [{ email: "ada@example.org", password: "a long sentence is easy to keep", role: "developer" }],
  },
);
export type CreateUserBody = Static<typeof CreateUserBody>;

export const UpdateUserBody = Type.Partial(
  Type.Object({ email: Email, password: Password, role: RoleName, status: StatusName }),
  { $id: "UpdateUser", additionalProperties: false, examples: [{ status: "suspended" }] },
);
export type UpdateUserBody = Static<typeof UpdateUserBody>;

const Timestamp = Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] });

export const UserResource = Type.Object(
  {
    user_id: Type.String({ format: "uuid" }),
    tenant_id: Type.String({ format: "uuid" }),
    email: Email,
    role: RoleName,
    status: StatusName,
    last_login_at: Type.Union([Timestamp, Type.Null()]),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { $id: "User" },
);
export type UserResource = Static<typeof UserResource>;

export const UserList = Type.Object({
  users: Type.Array(UserResource, { description: "In order of creation." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type UserList = Static<typeof UserList>;

export const UserPath = Type.Object({
  user: Type.String({ description: "The user's id, or e-mail.", examples: ["ada@example.org"] }),
});

export const createUserToWire = (input: CreateUserInput): CreateUserBody =>
  definedFields<CreateUserBody>({
    email: input.email,
    password: input.password,
    role: input.role,
    tenant: input.tenant,
  });

export const updateUserToWire = (changes: UpdateUserInput): UpdateUserBody =>
  definedFields<UpdateUserBody>({
    email: changes.email,
    password: changes.password,
    role: changes.role,
    status: changes.status,
  });

export const userToWire = (info: UserInfo): UserResource => ({
  user_id: info.id,
  tenant_id: info.tenantId,
  email: info.email,
  role: info.role,
  status: info.status,
  last_login_at: info.lastLoginAt,
  created_at: info.createdAt,
  updated_at: info.updatedAt,
});

export const userFromWire = (resource: UserResource): UserInfo => ({
  id: resource.user_id,
  tenantId: resource.tenant_id,
  email: resource.email,
  role: resource.role,
  status: resource.status,
  lastLoginAt: resource.last_login_at,
  createdAt: resource.created_at,
  updatedAt: resource.updated_at,
});

export const userListToWire = (page: Page<UserInfo>): UserList =>
  definedFields<UserList>({ users: page.items.map(userToWire), next_cursor: page.nextCursor });

export const userListFromWire = (list: UserList): Page<UserInfo> =>
  definedFields<Page<UserInfo>>({ items: list.users.map(userFromWire), nextCursor: list.next_cursor });
