import { type Role, roles } from "@akidb/catalog";

/** What each role may at least as much as. */
const below: Readonly<Record<Role, readonly Role[]>> = {
  admin: roles,
  developer: ["developer", "viewer"],
  viewer: ["viewer"],
  auditor: ["auditor"],
};

/**
 * Whether who has some roles may all that others may, where in either case what is permitted is what each of the roles
 * permits.
 */
export const coversRoles = (own: readonly Role[], others: readonly Role[]): boolean =>
  own.every((role) => others.some((other) => below[role].includes(other)));
