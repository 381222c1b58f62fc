import { checkPassword } from "@akidb/access";
import { type CreateUserInput, invalidArguments, type UserInfo } from "@akidb/base";
import { checkEmail } from "@akidb/catalog";
import { chosenTenant } from "../../access/chosenTenant.ts";
import { inChosenTenant } from "../../access/inChosenTenant.ts";
import { defineOperation } from "../../operation.ts";
import { userInfo } from "./userInfo.ts";

export const createUser = defineOperation<CreateUserInput, UserInfo>({
  name: "createUser",
  permission: "user::create",
  resource: inChosenTenant,
  grants: async (_context, { role }) => [[role]],
  subject: ({ email }) => ({ type: "user", id: String(email) }),
  run: async (context, { tenant, email, role, password }) => {
    const { access, catalog } = context;
    const violations = [checkEmail("email", email), checkPassword("password", password, { email })].filter(
      (violation) => violation !== undefined,
    );
    if (violations.length > 0) throw invalidArguments(violations);
    const tenantId = await chosenTenant(context, tenant);
    const hasher = await access.hasher();
    const passwordHash = await hasher.hash(password);
    return userInfo(await catalog.users.create(tenantId, { email, role, passwordHash }));
  },
});
