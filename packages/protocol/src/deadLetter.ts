import {
  type CircuitBreakerInfo,
  type DeadLetter,
  type DeadLetterRetry,
  deadLetterOperations,
  type Page,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { CircuitStateSchema } from "./health.ts";
import { stringEnum } from "./stringEnum.ts";

export const DeadLetterResource = Type.Object(
  {
    dead_letter_id: Type.String({ format: "uuid" }),
    operation: stringEnum(deadLetterOperations, {
      description:
        "`archive_log`: a file of the log is to be copied; `upload_snapshot`: a snapshot is; `remove_objects`: those of a collection " +
        "that was deleted are to be removed.",
    }),
    collection_id: Type.String({ format: "uuid" }),
    collection: Type.String({ description: "Its name when it was noted; it may be gone since." }),
    key: Type.String({ description: "The log's file, the snapshot's id, or the prefix of the objects." }),
    attempts: Type.Integer({
      description: "Those that were refused because the store was away do not count.",
    }),
    last_error: Type.String(),
    first_failed_at: Type.String({ format: "date-time" }),
    last_failed_at: Type.String({ format: "date-time" }),
    next_attempt_at: Type.String({
      format: "date-time",
      description: "While the store is away: as soon as it is back. A restart tries everything at once.",
    }),
  },
  { $id: "DeadLetter" },
);
export type DeadLetterResource = Static<typeof DeadLetterResource>;

export const DeadLetterList = Type.Object({
  dead_letters: Type.Array(DeadLetterResource, { description: "In the order of their noting." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type DeadLetterList = Static<typeof DeadLetterList>;

export const DeadLetterCollectionPath = Type.Object({
  collection: Type.String({
    format: "uuid",
    description: "Id of a collection, of whatever tenant and database; it may be gone by now.",
  }),
});
export type DeadLetterCollectionPath = Static<typeof DeadLetterCollectionPath>;

export const DeadLetterRetryResource = Type.Object(
  {
    retried_count: Type.Integer(),
    succeeded_count: Type.Integer({
      description: "Of those, how many are done, or are not needed any more.",
    }),
  },
  { $id: "DeadLetterRetry" },
);
export type DeadLetterRetryResource = Static<typeof DeadLetterRetryResource>;

export const CircuitBreakerList = Type.Object({
  circuit_breakers: Type.Array(
    Type.Object(
      {
        service: Type.String({ examples: ["object_store"] }),
        state: CircuitStateSchema,
        reason: Type.Union([Type.String(), Type.Null()], { description: "Null while it is closed." }),
      },
      { $id: "CircuitBreaker" },
    ),
  ),
});
export type CircuitBreakerList = Static<typeof CircuitBreakerList>;

export const deadLetterListToWire = ({ items, nextCursor }: Page<DeadLetter>): DeadLetterList =>
  definedFields<DeadLetterList>({ dead_letters: items.map(deadLetterToWire), next_cursor: nextCursor });

export const deadLetterListFromWire = (list: DeadLetterList): Page<DeadLetter> =>
  definedFields<Page<DeadLetter>>({
    items: list.dead_letters.map(deadLetterFromWire),
    nextCursor: list.next_cursor,
  });

export const deadLetterToWire = (letter: DeadLetter): DeadLetterResource => ({
  dead_letter_id: letter.id,
  operation: letter.operation,
  collection_id: letter.collectionId,
  collection: letter.collection,
  key: letter.key,
  attempts: letter.attempts,
  last_error: letter.lastError,
  first_failed_at: letter.firstFailedAt,
  last_failed_at: letter.lastFailedAt,
  next_attempt_at: letter.nextAttemptAt,
});

const deadLetterFromWire = (resource: DeadLetterResource): DeadLetter => ({
  id: resource.dead_letter_id,
  operation: resource.operation,
  collectionId: resource.collection_id,
  collection: resource.collection,
  key: resource.key,
  attempts: resource.attempts,
  lastError: resource.last_error,
  firstFailedAt: resource.first_failed_at,
  lastFailedAt: resource.last_failed_at,
  nextAttemptAt: resource.next_attempt_at,
});

export const deadLetterRetryToWire = (retry: DeadLetterRetry): DeadLetterRetryResource => ({
  retried_count: retry.retriedCount,
  succeeded_count: retry.succeededCount,
});

export const deadLetterRetryFromWire = (resource: DeadLetterRetryResource): DeadLetterRetry => ({
  retriedCount: resource.retried_count,
  succeededCount: resource.succeeded_count,
});

export const circuitBreakersToWire = (breakers: readonly CircuitBreakerInfo[]): CircuitBreakerList => ({
  circuit_breakers: breakers.map(({ service, state, reason }) => ({ service, state, reason })),
});

export const circuitBreakersFromWire = ({
  circuit_breakers: breakers,
}: CircuitBreakerList): readonly CircuitBreakerInfo[] => breakers;
