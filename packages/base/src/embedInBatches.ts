import type { AkiDb } from "./akiDb.ts";
import { batchesOf } from "./batchesOf.ts";

/**
 * Any number of texts, embedded by as many requests as it takes.
 *
 * @param model the server's default if undefined
 */
export async function embedInBatches(
  db: AkiDb,
  texts: readonly string[],
  model: string | undefined,
): Promise<readonly Float32Array[]> {
  const embedded: Float32Array[] = [];
  for (const { batch } of batchesOf(texts, ({ length }) => length)) {
    const { embeddings } = await db.embed({ texts: batch, ...(model !== undefined && { model }) });
    embedded.push(...embeddings);
  }
  return embedded;
}
