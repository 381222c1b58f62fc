import type { Action, Resource } from "@akidb/access";
import {
  type CallerPermissions,
  type CollectionId,
  type CollectionOperation,
  collectionOperations,
  type DatabaseId,
  type PermissionsInput,
} from "@akidb/base";
import { imaginedId } from "../../access/policies/imaginedId.ts";
import { defineOperation, type Operation, type OperationContext } from "../../operation.ts";
import { createCollection } from "../createCollection.ts";
import { deleteCollection } from "../deleteCollection.ts";
import { deleteDocuments } from "../deleteDocuments.ts";
import { getCollection } from "../getCollection.ts";
import { getDocument } from "../getDocument.ts";
import { listCollections } from "../listCollections.ts";
import { patchDocuments } from "../patchDocuments.ts";
import { query } from "../query.ts";
import { scroll } from "../scroll.ts";
import { updateCollection } from "../updateCollection.ts";
import { upsertDocuments } from "../upsertDocuments.ts";

type Asked = Pick<Extract<Operation<never, unknown>, { resource: unknown }>, "permission" | "underFilter">;

/** What is done to the database as a whole. */
const ofDatabase: ReadonlySet<CollectionOperation> = new Set(["createCollection", "listCollections"]);

const operations: Readonly<Record<CollectionOperation, Asked>> = {
  createCollection: asked(createCollection),
  listCollections: asked(listCollections),
  getCollection: asked(getCollection),
  updateCollection: asked(updateCollection),
  deleteCollection: asked(deleteCollection),
  upsertDocuments: asked(upsertDocuments),
  getDocument: asked(getDocument),
  patchDocuments: asked(patchDocuments),
  deleteDocuments: asked(deleteDocuments),
  query: asked(query),
  scroll: asked(scroll),
};

/** Decisions before others have a turn: some 0.1 ms each. */
const decidedAtOnce = 16;

/** A collection that is still to come; no policy can name it. */
const anyCollectionId = imaginedId<CollectionId>();

/**
 * Asks the same policies as the operations themselves, for one collection after the other until one permits: whoever may
 * write to a single one of thousands is told that it may write.
 */
export const permissions = defineOperation<PermissionsInput, CallerPermissions>({
  name: "permissions",
  permission: "session",
  run: async (context, { database }) => {
    const { principal, databases, call } = context;
    const { id: databaseId } = databases.findServed(principal.tenantId, database ?? call.database);
    const isOpen = (name: CollectionOperation): boolean =>
      context.within === undefined || operations[name].underFilter !== undefined;
    const open = collectionOperations.filter(isOpen);
    const permitted = await permittedActions(context, databaseId, open);
    return { operations: open.filter((name) => permitted.has(actionKey(name))) };
  },
});

/** One action may be about the database for one operation, and about collections for another. */
const actionKey = (name: CollectionOperation): string =>
  `${ofDatabase.has(name) ? "database" : "collection"} ${operations[name].permission}`;

async function permittedActions(
  context: OperationContext,
  databaseId: DatabaseId,
  names: readonly CollectionOperation[],
): Promise<ReadonlySet<string>> {
  const { access, call, principal } = context;
  const permitted = new Set<string>();
  const pending = new Map(names.map((name) => [actionKey(name), name]));
  let decidedCount = 0;
  for (const resource of resourcesOf(context, databaseId)) {
    if (pending.size === 0) break;
    for (const [key, name] of pending) {
      if (resource.type !== (ofDatabase.has(name) ? "database" : "collection")) continue;
      if (++decidedCount % decidedAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
      call.deadline.check();
      const action: Action = operations[name].permission;
      if (!(await access.permits(call, principal, { action, resource }))) continue;
      permitted.add(key);
      pending.delete(key);
    }
    if (resource.type === "database") for (const name of ofDatabase) pending.delete(actionKey(name));
  }
  return permitted;
}

/** The database, a collection that may come, and those that there are. */
function* resourcesOf(
  { databases, collections }: OperationContext,
  databaseId: DatabaseId,
): Generator<Resource> {
  const { tenantId, name } = databases.get(databaseId);
  yield { type: "database", id: databaseId, tenantId, name };
  yield { type: "collection", id: anyCollectionId, name: "", databaseId, tenantId };
  for (const record of collections.records()) {
    if (record.databaseId !== databaseId) continue;
    yield { type: "collection", id: record.id, name: record.name, databaseId, tenantId };
  }
}

function asked<Input, Output>(operation: Operation<Input, Output>): Asked {
  if (!("resource" in operation)) throw new Error(`${operation.name} is about no resource`);
  return operation;
}
