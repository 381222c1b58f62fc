import type { PageRequest } from "@akidb/base";

/** Of one page of a list. */
export function pagePath(path: string, { limit, cursor }: PageRequest): string {
  const query = new URLSearchParams();
  if (limit !== undefined) query.set("limit", String(limit));
  if (cursor !== undefined) query.set("cursor", cursor);
  return query.size === 0 ? path : `${path}?${query}`;
}
