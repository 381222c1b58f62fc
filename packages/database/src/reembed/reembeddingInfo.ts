import type { EmbeddedWith, ReembeddingInfo, ReembeddingProgressState } from "@akidb/base";
import type { Generation, ReembeddingRecord } from "@akidb/catalog";
import type { RunProgress } from "./reembeddingRun.ts";

export function reembeddingInfo(
  { id, collectionId, state, stateReason, from, to, keepUntil, createdAt, updatedAt }: ReembeddingRecord,
  progress: RunProgress | undefined,
): ReembeddingInfo {
  const { documentsDone = null, documentsTotal = null, documentsPerSecond = null } = progress ?? {};
  const left = documentsDone === null || documentsTotal === null ? null : documentsTotal - documentsDone;
  return {
    id,
    collectionId,
    state: stateOf(state, progress),
    stateReason: stateReason ?? progress?.waitingFor ?? null,
    from: embeddedWith(from),
    to: embeddedWith(to),
    documentsDone,
    documentsTotal,
    documentsPerSecond,
    secondsLeft: left === null || documentsPerSecond === null ? null : Math.ceil(left / documentsPerSecond),
    keepUntil,
    startedAt: createdAt,
    updatedAt,
  };
}

const stateOf = (
  state: ReembeddingRecord["state"],
  progress: RunProgress | undefined,
): ReembeddingProgressState => (progress?.isCatchingUp === true ? "catching_up" : state);

const embeddedWith = ({ embeddingModel, modelFingerprint, dimension }: Generation): EmbeddedWith => ({
  embeddingModel,
  modelFingerprint,
  dimension,
});
