import { invalidArgument, limits } from "@akidb/base";

/**
 * @param limit documents of one answer, as asked for
 * @throws AkiDbError `invalid_argument`
 */
export function checkLimit(limit: number = limits.pageSizeDefault, max: number = limits.pageSizeMax): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= max) return limit;
  throw invalidArgument("limit", `must be a whole number from 1 to ${max}`);
}
