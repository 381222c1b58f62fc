import type { Collection } from "./collection.ts";
import type { Document } from "./document.ts";

/** `scroll` of any collection that has pages. */
export async function* scrollDocuments<Metadata extends object>(
  scrollPage: Collection<Metadata>["scrollPage"],
  ...[input, options]: Parameters<Collection<Metadata>["scroll"]>
): AsyncGenerator<Document<Metadata>, void, undefined> {
  for (let cursor: string | undefined; ; ) {
    const page = await scrollPage({ ...input, ...(cursor !== undefined && { cursor }) }, options);
    yield* page.documents;
    cursor = page.nextCursor;
    if (cursor === undefined) return;
  }
}
