import type { Filter } from "./filter.ts";

/** What passes each of them; undefined where there is none. */
export function allOf(...given: readonly (Filter | undefined)[]): Filter | undefined {
  const filters = given.filter((filter) => filter !== undefined);
  return filters.length > 1 ? { kind: "and", filters } : filters[0];
}
