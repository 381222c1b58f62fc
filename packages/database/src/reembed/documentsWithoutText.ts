import { type Deadline, type DocumentId, failedPrecondition } from "@akidb/base";
import type { CollectionMirror } from "@akidb/engine";

/** Looked at between two turns of the event loop: about two milliseconds. */
const documentsPerSlice = 100;

const namedMax = 3;

export const hasText = (text: string | undefined): text is string => text !== undefined && text.trim() !== "";

/** @throws AkiDbError `failed_precondition` where there are some: nothing gives them another vector; what the deadline throws */
export async function requireTexts(
  name: string,
  mirror: CollectionMirror,
  deadline: Deadline,
): Promise<void> {
  let count = 0;
  const named: DocumentId[] = [];
  for (let after: DocumentId | undefined; ; ) {
    const ids = await mirror.idsAfter(after, documentsPerSlice, deadline);
    for (const document of mirror.documents(ids)) {
      if (document === undefined || hasText(document.text)) continue;
      count += 1;
      if (named.length < namedMax) named.push(document.id);
    }
    if (ids.length < documentsPerSlice) break;
    after = ids.at(-1);
    await new Promise((resolve) => setImmediate(resolve));
    deadline.check();
  }
  if (count > 0) throw withoutText(name, count, named);
}

/** @param ids of the first few */
export function withoutText(name: string, count: number, ids: readonly DocumentId[]) {
  const which = count > ids.length ? `${ids.join(", ")}, …` : ids.join(", ");
  return failedPrecondition(
    `${count} ${count === 1 ? "document" : "documents"} of collection "${name}" (${which}) ` +
      `${count === 1 ? "has" : "have"} no text, so that no model can give them another vector: write them again with ` +
      "their text, or delete them",
  );
}
