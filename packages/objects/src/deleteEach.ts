import { checkObjectKey } from "./objectKey.ts";
import type { DeleteFailure, ObjectCallOptions } from "./objectStore.ts";

/** `deleteMany` of a store that deletes one object at a time. */
export async function deleteEach(
  keys: readonly string[],
  deleteOne: (key: string) => Promise<void>,
  { deadline }: ObjectCallOptions,
): Promise<readonly DeleteFailure[]> {
  keys.forEach(checkObjectKey);
  const failures: DeleteFailure[] = [];
  for (const key of keys) {
    deadline?.check();
    try {
      await deleteOne(key);
    } catch (error) {
      failures.push({ key, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return failures;
}
