import type { CreateUserInput, OfTenant, PageRequest, UpdateUserInput, UserInfo } from "@akidb/base";
import { operations } from "@akidb/database";
import { definedFields } from "@akidb/protocol";
import type { User, UserServiceDefinition } from "@akidb/protocol/grpc";
import { runOperation } from "../callSession.ts";
import { nullsAbsent } from "../nullsAbsent.ts";
import type { ServiceHandles } from "../service.ts";
import { roleOf } from "./roleOf.ts";

export const userService: ServiceHandles<typeof UserServiceDefinition> = {
  createUser: async ({ role, ...request }, session) => {
    const input = definedFields<CreateUserInput>({ ...request, role: roleOf(role) });
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
      role: roleOf(role),
      status: status as UpdateUserInput["status"],
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
