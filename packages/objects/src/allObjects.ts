import type { ListOptions, ObjectInfo, ObjectStore } from "./objectStore.ts";

/** Every object under a prefix, page after page; what changes meanwhile may be seen or not. */
export async function* allObjects(
  store: Pick<ObjectStore, "list">,
  options: Omit<ListOptions, "cursor"> = {},
): AsyncGenerator<ObjectInfo, void, void> {
  let page = await store.list(options);
  yield* page.objects;
  while (page.nextCursor !== undefined) {
    page = await store.list({ ...options, cursor: page.nextCursor });
    yield* page.objects;
  }
}
