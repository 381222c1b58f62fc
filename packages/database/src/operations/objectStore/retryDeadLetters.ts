import { type DeadLetterRetry, invalidArgument, orAborted, parseId } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

export interface DeadLettersReference {
  /** Id of a collection, which may be gone by now. */
  readonly collectionId: string;
}

/** Goes on where its caller does not wait for the end. */
export const retryDeadLetters = defineOperation<DeadLettersReference, DeadLetterRetry>({
  name: "retryDeadLetters",
  permission: "server::admin",
  resource: theServer,
  run: async ({ deadLetters, call }, { collectionId }) => {
    const id = parseId<"collection">(collectionId);
    if (id === undefined) throw invalidArgument("collection", "must be the id of a collection, a UUID");
    return await orAborted(deadLetters.retry(id), call.deadline);
  },
});
