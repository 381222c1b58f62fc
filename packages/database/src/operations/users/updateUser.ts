import { checkPassword } from "@akidb/access";
import {
  invalidArgument,
  invalidArguments,
  type UpdateUserInput,
  type UserInfo,
  userStatuses,
} from "@akidb/base";
import { checkEmail, type UserRecord } from "@akidb/catalog";
import { defineOperation, type OperationContext } from "../../operation.ts";
import { findUser, namedUser, type UserReference } from "./findUser.ts";
import { isActiveAdmin, requireAdminLeft } from "./requireAdminLeft.ts";
import { userInfo } from "./userInfo.ts";

export const updateUser = defineOperation<UserReference & UpdateUserInput, UserInfo>({
  name: "updateUser",
  permission: "user::update",
  resource: namedUser,
  // Whoever may change a password may come in as its user.
  grants: async (context, input) => {
    const { role } = await findUser(context, input);
    return [[role], ...(input.role === undefined ? [] : [[input.role]])];
  },
  run: async (context, { user, tenant, ...changes }) => {
    const found = await findUser(context, { user, ...(tenant !== undefined && { tenant }) });
    check(found, changes);
    return userInfo(await update(context, found, changes));
  },
});

function check({ email: known }: UserRecord, { email, password, role, status }: UpdateUserInput): void {
  if ([email, password, role, status].every((change) => change === undefined)) {
    throw invalidArgument("", "nothing is to be changed: give email, password, role or status");
  }
  const violations = [
    email === undefined ? undefined : checkEmail("email", email),
    password === undefined ? undefined : checkPassword("password", password, { email: email ?? known }),
    status === undefined || userStatuses.includes(status)
      ? undefined
      : { path: "status", detail: `must be one of ${userStatuses.join(", ")}` },
  ].filter((violation) => violation !== undefined);
  if (violations.length > 0) throw invalidArguments(violations);
}

async function update(
  context: OperationContext,
  before: UserRecord,
  { email, password, role, status }: UpdateUserInput,
): Promise<UserRecord> {
  const { access, catalog } = context;
  const hasher = password === undefined ? undefined : await access.hasher();
  const passwordHash = password === undefined ? undefined : await hasher?.hash(password);
  return await catalog.transaction(async (repositories) => {
    const { users, sessions } = repositories;
    const changed = await users.update(before.id, {
      ...(email !== undefined && { email }),
      ...(role !== undefined && { role }),
      ...(passwordHash !== undefined && { passwordHash }),
    });
    const after =
      status === undefined || status === changed.status ? changed : await users.setStatus(before.id, status);
    if (passwordHash !== undefined || after.status !== "active") await sessions.revokeAllOf(after.id);
    if (isActiveAdmin(before) && !isActiveAdmin(after)) {
      await requireAdminLeft(context, repositories, after.tenantId);
    }
    return after;
  });
}
