import { checkEmail } from "./checkEmail.ts";
import { checkOneOf, refuseBadFields } from "./fieldCheck.ts";
import { roles } from "./role.ts";
import type { UserAttributes } from "./user.ts";

/** @throws `invalid_argument` that names every bad field */
export function checkUser(user: UserAttributes): void {
  refuseBadFields([checkEmail("email", user.email), checkOneOf("role", user.role, roles)]);
}
