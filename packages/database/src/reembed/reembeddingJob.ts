import type { Job, JobState, ReembeddingInfo, ReembeddingProgressState } from "@akidb/base";

const states: Readonly<Record<ReembeddingProgressState, JobState>> = {
  copying: "running",
  catching_up: "running",
  paused: "paused",
  flipped: "done",
  cancelled: "cancelled",
};

/** What all long work tells of itself. */
export function reembeddingJob(info: ReembeddingInfo): Job {
  const { id, collectionId, stateReason, documentsDone, documentsTotal, startedAt, updatedAt } = info;
  const state = states[info.state];
  const share =
    documentsDone === null || documentsTotal === null || documentsTotal === 0
      ? 0
      : documentsDone / documentsTotal;
  return {
    id,
    kind: "reembed_collection",
    state,
    stateReason,
    progress: state === "done" ? 1 : share,
    resource: { type: "collection", id: collectionId },
    startedAt,
    endedAt: state === "done" || state === "cancelled" ? updatedAt : null,
  };
}
