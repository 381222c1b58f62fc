import { limits, type Page, type PageRequest } from "@akidb/base";

/** All that a list has, page by page. */
export async function* eachItem<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
): AsyncGenerator<Item> {
  for (let cursor: string | undefined; ; ) {
    const page = await list({ limit: limits.pageSizeMax, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.nextCursor;
    if (cursor === undefined) return;
  }
}
