import { checkPassword } from "@akidb/access";
import {
  AkiDbError,
  invalidArgument,
  invalidArguments,
  type UpdateUserInput,
  type UserId,
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
    return userInfo(await update(context, found.id, changes));
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
  id: UserId,
  { email, password, role, status }: UpdateUserInput,
): Promise<UserRecord> {
  const { access, catalog, call, principal } = context;
  const hasher = password === undefined ? undefined : await access.hasher();
  const passwordHash = password === undefined ? undefined : await hasher?.hash(password);
  return await catalog.transaction(async (repositories) => {
    const { users, sessions } = repositories;
    // Hashing takes its time: it may have become somebody whom the caller may not be.
    const before = await users.get(id);
    if (!access.mayGrant(call, principal, [[before.role]])) {
      throw new AkiDbError(
        "permission_denied",
        "the user's role has become one that is more than the caller has",
      );
    }
    const changed = await users.update(id, {
      ...(email !== undefined && { email }),
      ...(role !== undefined && { role }),
      ...(passwordHash !== undefined && { passwordHash }),
    });
    const after =
      status === undefined || status === changed.status ? changed : await users.setStatus(id, status);
    if (passwordHash !== undefined || after.status !== "active") await sessions.revokeAllOf(id);
    if (isActiveAdmin(before) && !isActiveAdmin(after)) {
      await requireAdminLeft(context, repositories, after.tenantId);
    }
    return after;
  });
}
