import { defineOperation } from "../../operation.ts";
import { findUser, namedUser, type UserReference } from "./findUser.ts";
import { isActiveAdmin, requireAdminLeft } from "./requireAdminLeft.ts";

export const deleteUser = defineOperation<UserReference, void>({
  name: "deleteUser",
  permission: "user::delete",
  resource: namedUser,
  run: async (context, reference) => {
    const user = await findUser(context, reference);
    await context.catalog.transaction(async (repositories) => {
      await repositories.users.delete(user.id);
      if (isActiveAdmin(user)) await requireAdminLeft(context, repositories, user.tenantId);
    });
  },
});
