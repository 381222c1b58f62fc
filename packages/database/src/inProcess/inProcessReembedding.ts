import type { Reembedding } from "@akidb/base";
import { operations } from "../operations/operations.ts";
import type { Execute } from "./execute.ts";

/** Of one collection. */
export const inProcessReembedding = (execute: Execute, collection: string): Reembedding => ({
  start: (input = {}, options) => execute(operations.startReembedding, { ...input, collection }, options),
  get: (options) => execute(operations.getReembedding, { collection }, options),
  pause: (options) => execute(operations.pauseReembedding, { collection }, options),
  resume: (options) => execute(operations.resumeReembedding, { collection }, options),
  cancel: (options) => execute(operations.cancelReembedding, { collection }, options),
  rollback: (options) => execute(operations.rollBackReembedding, { collection }, options),
});
