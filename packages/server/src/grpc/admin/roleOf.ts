import { invalidArgument, type Role, roles } from "@akidb/base";

/** What a role permits is asked before anything else of a call, so one that there is not is found here. */
export function roleOf(text: string | undefined): Role | undefined {
  if (text === undefined || isRole(text)) return text;
  throw invalidArgument("role", `must be one of ${roles.join(", ")}`);
}

const isRole = (text: string): text is Role => (roles as readonly string[]).includes(text);
