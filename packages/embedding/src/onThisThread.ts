import type { EmbeddingProvider } from "./embeddingProvider.ts";

/** What holds of every provider that computes where it is called: it is there, nothing waits, and nothing is held. */
export const onThisThread: Pick<EmbeddingProvider, "state" | "queueDepth" | "close"> = {
  state: { status: "ready" },
  queueDepth: 0,
  close: async () => {},
};
