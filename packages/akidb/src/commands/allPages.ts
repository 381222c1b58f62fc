import { limits, type Page, type PageRequest } from "@akidb/base";

/** All that a list has. */
export async function allPages<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await list({ limit: limits.pageSizeMax, ...(cursor !== undefined && { cursor }) });
    all.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return all;
  }
}
