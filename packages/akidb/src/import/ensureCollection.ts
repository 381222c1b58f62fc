import {
  type AkiDb,
  type CollectionInfo,
  type CreateCollectionInput,
  failedPrecondition,
  isAkiDbError,
} from "@akidb/base";

/** The collection of this name, made where there is none. */
export async function ensureCollection(db: AkiDb, wanted: CreateCollectionInput): Promise<CollectionInfo> {
  const existing = await findCollection(db, wanted.name);
  if (existing !== undefined) return checkSame(existing, wanted);
  try {
    return await db.createCollection(wanted);
  } catch (error) {
    // Somebody else was faster.
    if (!isAkiDbError(error) || error.code !== "already_exists") throw error;
    return checkSame(await db.getCollection(wanted.name), wanted);
  }
}

export async function findCollection(db: AkiDb, nameOrId: string): Promise<CollectionInfo | undefined> {
  try {
    return await db.getCollection(nameOrId);
  } catch (error) {
    if (isAkiDbError(error) && error.code === "not_found") return undefined;
    throw error;
  }
}

export function checkSame(existing: CollectionInfo, wanted: Partial<CreateCollectionInput>): CollectionInfo {
  for (const field of ["dimension", "metric", "embeddingModel", "quantization"] as const) {
    if (wanted[field] !== undefined && wanted[field] !== existing[field]) {
      const name = field === "embeddingModel" ? "embedding model" : field;
      throw failedPrecondition(
        `collection "${existing.name}" has the ${name} ${existing[field]}, not ${wanted[field]}`,
      );
    }
  }
  return existing;
}
