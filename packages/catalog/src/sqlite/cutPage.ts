import type { Id, Page } from "@akidb/base";
import { encodeCursor } from "../pageCursor.ts";

/** @param records one more than `limit` where there is a next page */
export function cutPage<Item extends { readonly id: Id<string> }>(
  records: readonly Item[],
  limit: number,
): Page<Item> {
  const items = records.slice(0, limit);
  const last = items.at(-1);
  return records.length > limit && last !== undefined
    ? { items, nextCursor: encodeCursor(last.id) }
    : { items };
}
