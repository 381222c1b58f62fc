import { cancelReembedding } from "./cancelReembedding.ts";
import { getReembedding } from "./getReembedding.ts";
import { pauseReembedding } from "./pauseReembedding.ts";
import { resumeReembedding } from "./resumeReembedding.ts";
import { rollBackReembedding } from "./rollBackReembedding.ts";
import { startReembedding } from "./startReembedding.ts";

export const reembeddingOperations = {
  startReembedding,
  getReembedding,
  pauseReembedding,
  resumeReembedding,
  cancelReembedding,
  rollBackReembedding,
} as const;
