import type { Action, Resource } from "@akidb/access";

/** That its caller may do this to, or in, that. */
export interface Requirement {
  readonly action: Action;
  readonly resource: Resource;
}
