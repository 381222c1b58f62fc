import {
  type CreateUserInput,
  type OfTenant,
  type PageRequest,
  roles,
  type UpdateUserInput,
  type UserInfo,
  userStatuses,
} from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type { User, UserServiceDefinition } from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import { oneOf } from "../oneOf.ts";
import type { ServiceHandles } from "../service.ts";

export const userService: ServiceHandles<typeof UserServiceDefinition> = {
  createUser: async ({ role, ...request }, session) => {
    const input = definedFields<CreateUserInput>({ ...request, role: oneOf(roles, role, "role") });
    return userMessage(await runOperation(operations.createUser, input, session));
  },
  listUsers: async (request, session) => {
    const input = definedFields<OfTenant & PageRequest>(request);
    const { items, nextCursor } = await runOperation(operations.listUsers, input, session);
    return { users: items.map(userMessage), nextCursor };
  },
  getUser: async (reference, session) =>
    userMessage(await runOperation(operations.getUser, userReference(reference), session)),
  updateUser: async ({ user, tenant, email, password, role, status }, session) => {
    const changes = definedFields<UpdateUserInput>({
      email,
      password,
      role: oneOf(roles, role, "role"),
      status: oneOf(userStatuses, status, "status"),
    });
    const input = { ...changes, ...userReference({ user, tenant }) };
    return userMessage(await runOperation(operations.updateUser, input, session));
  },
  deleteUser: async (reference, session) => {
    await runOperation(operations.deleteUser, userReference(reference), session);
    return {};
  },
};

const userReference = (reference: { readonly user: string; readonly tenant?: string | undefined }) =>
  definedFields<{ readonly user: string } & OfTenant>(reference);

export const userMessage = ({ id, ...info }: UserInfo): User => ({ ...nullsAbsent(info), userId: id });
