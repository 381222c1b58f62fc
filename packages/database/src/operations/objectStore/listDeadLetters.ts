import { type DeadLetter, formatTimestamp, type Page, type PageRequest } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import type { DeadLetterRecord } from "../../deadLetters/deadLetters.ts";
import { defineOperation } from "../../operation.ts";

/** Of all tenants. */
export const listDeadLetters = defineOperation<PageRequest, Page<DeadLetter>>({
  name: "listDeadLetters",
  permission: "server::admin",
  resource: theServer,
  audited: "as_data",
  run: async ({ deadLetters }, page) => {
    const { items, ...rest } = deadLetters.list(page);
    return { ...rest, items: items.map(deadLetterInfo) };
  },
});

const deadLetterInfo = ({
  firstFailedAtMs,
  lastFailedAtMs,
  nextAttemptAtMs,
  ...letter
}: DeadLetterRecord): DeadLetter => ({
  ...letter,
  firstFailedAt: formatTimestamp(firstFailedAtMs),
  lastFailedAt: formatTimestamp(lastFailedAtMs),
  nextAttemptAt: formatTimestamp(nextAttemptAtMs),
});
