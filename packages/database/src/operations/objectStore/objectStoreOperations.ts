import { collectGarbage } from "./collectGarbage.ts";
import { listDeadLetters } from "./listDeadLetters.ts";
import { resetCircuitBreakers } from "./resetCircuitBreakers.ts";
import { retryDeadLetters } from "./retryDeadLetters.ts";

export const objectStoreOperations = {
  resetCircuitBreakers,
  listDeadLetters,
  retryDeadLetters,
  collectGarbage,
} as const;
