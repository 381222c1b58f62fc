import { defineOperation } from "../../operation.ts";
import { findUser, namedUser, type UserReference } from "./findUser.ts";
import { isActiveAdmin, requireAdminLeft } from "./requireAdminLeft.ts";

export const deleteUser = defineOperation<UserReference, void>({
  name: "deleteUser",
  permission: "user::delete",
  resource: namedUser,
  run: async (context, reference) => {
    const { id } = await findUser(context, reference);
    await context.catalog.transaction(async (repositories) => {
      const user = await repositories.users.get(id);
      await repositories.users.delete(id);
      if (isActiveAdmin(user)) await requireAdminLeft(context, repositories, user.tenantId);
    });
  },
});
