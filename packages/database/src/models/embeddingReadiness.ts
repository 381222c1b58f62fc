import type { CollectionRecord } from "@akidb/catalog";
import type { Readiness } from "../readiness.ts";
import { neededModels } from "./neededModels.ts";
import type { ServedModels } from "./servedModels.ts";

/** A model that is loaded for later, and nobody's yet, is no part of how the server is. */
export function embeddingReadiness(
  embedding: ServedModels,
  records: () => Iterable<CollectionRecord>,
): Readiness["embedding"] {
  const models = embedding.states;
  // As a rule there is one, and no collection need be looked at.
  const isNeeded = models.length === 1 ? () => true : neededModels(records());
  const needed = models.filter(({ model, isDefault }) => isDefault || isNeeded(model));
  for (const state of needed) {
    if (state.status === "degraded") return { status: state.status, reason: state.reason, models };
  }
  const isLoading = needed.some(({ status }) => status === "loading");
  return { status: isLoading ? "loading" : "ready", models };
}
