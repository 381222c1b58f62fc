import { type CollectionInfo, invalidArgument, type UpdateCollectionInput } from "@akidb/base";
import { namedCollection } from "../access/resources.ts";
import { collectionInfo } from "../collections/collectionInfo.ts";
import { defineOperation } from "../operation.ts";
import { requireServedDatabase } from "../tenancy/requireServedDatabase.ts";
import type { CollectionReference } from "./getCollection.ts";

const changeable: readonly (keyof UpdateCollectionInput)[] = [
  "name",
  "maxDocumentCount",
  "syncPolicy",
  "walRetentionSeconds",
];

/** In turn with restores, so that what is opened next is opened by the record that the catalog has. */
export const updateCollection = defineOperation<UpdateCollectionInput & CollectionReference, CollectionInfo>({
  name: "updateCollection",
  permission: "collection::update",
  resource: namedCollection,
  run: async ({ catalog, collections, snapshots, databaseId }, { collection, ...given }) => {
    const changes = changesOf(given);
    const found = collections.find(databaseId, collection);
    if (Object.keys(changes).length === 0) return collectionInfo(found, collections);
    return await collections.restores.inTurn(found, async () => {
      const record = await catalog.transaction(async (repositories) => {
        await requireServedDatabase(repositories, databaseId);
        return await repositories.collections.update(found.id, changes);
      });
      await collections.update(record);
      snapshots.uploads.forget(record.id);
      return collectionInfo(record, collections);
    });
  },
});

/** @throws AkiDbError `invalid_argument` */
function changesOf(given: UpdateCollectionInput): UpdateCollectionInput {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  const fixed = present.find(([field]) => !(changeable as readonly string[]).includes(field));
  if (fixed === undefined) return Object.fromEntries(present);
  throw invalidArgument(
    fixed[0],
    `does not change once a collection is created; what does are ${changeable.join(", ")}`,
  );
}
