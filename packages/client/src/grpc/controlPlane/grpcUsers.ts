import type { Page, UserInfo, Users } from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import type { User } from "@akidb/protocol/grpc";
import { name, role, text, whole32 } from "../fields.ts";
import type { GrpcCalls } from "../grpcCalls.ts";
import { fieldsOf, nullsOf } from "../messageFields.ts";

export const grpcUsers = (calls: GrpcCalls): Users => ({
  create: async (input, options) => {
    const request = () => fieldsOf(input, { email: text, password: text, role, tenant: text });
    return userOf(await calls.send("users", "createUser", { request, repeatable: false, options }));
  },

  list: async (input = {}, options) => {
    const { users, nextCursor } = await calls.send("users", "listUsers", {
      request: () => fieldsOf(input, { limit: whole32, cursor: text, tenant: text }),
      repeatable: true,
      options,
    });
    return definedFields<Page<UserInfo>>({ items: users.map(userOf), nextCursor });
  },

  get: async (user, { tenant, ...options } = {}) => {
    const request = () => referenceOf(user, tenant);
    return userOf(await calls.send("users", "getUser", { request, repeatable: true, options }));
  },

  update: async (user, changes, { tenant, ...options } = {}) => {
    const updated = await calls.send("users", "updateUser", {
      request: () => ({
        ...fieldsOf(changes, { email: text, role, status: text, password: text }),
        ...referenceOf(user, tenant),
      }),
      repeatable: false,
      options,
    });
    return userOf(updated);
  },

  delete: async (user, { tenant, ...options } = {}) => {
    const request = () => referenceOf(user, tenant);
    await calls.send("users", "deleteUser", { request, repeatable: false, options });
  },
});

const referenceOf = (user: string, tenant: string | undefined) => ({
  user: name("user", user),
  tenant: text("tenant", tenant),
});

export const userOf = ({ userId: id, ...user }: User): UserInfo => nullsOf<UserInfo>({ id, ...user });
