import type { ListOptions, ObjectStore, UnfinishedPut } from "./objectStore.ts";

/** All that puts under a prefix have left, page after page. */
export async function* allUnfinished(
  store: Pick<ObjectStore, "listUnfinished">,
  options: Omit<ListOptions, "cursor"> = {},
): AsyncGenerator<UnfinishedPut, void, void> {
  let page = await store.listUnfinished(options);
  yield* page.puts;
  while (page.nextCursor !== undefined) {
    page = await store.listUnfinished({ ...options, cursor: page.nextCursor });
    yield* page.puts;
  }
}
