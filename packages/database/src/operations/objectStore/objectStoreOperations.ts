import { cancelGarbageCollection } from "./cancelGarbageCollection.ts";
import { collectGarbage } from "./collectGarbage.ts";
import { getGarbageReport } from "./getGarbageReport.ts";
import { listDeadLetters } from "./listDeadLetters.ts";
import { resetCircuitBreakers } from "./resetCircuitBreakers.ts";
import { retryDeadLetters } from "./retryDeadLetters.ts";
import { startGarbageCollection } from "./startGarbageCollection.ts";

export const objectStoreOperations = {
  resetCircuitBreakers,
  listDeadLetters,
  retryDeadLetters,
  collectGarbage,
  startGarbageCollection,
  getGarbageReport,
  cancelGarbageCollection,
} as const;
