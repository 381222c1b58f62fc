import type { CircuitBreakerInfo } from "@akidb/base";
import { theServer } from "../../access/resources.ts";
import { defineOperation } from "../../operation.ts";

/** Closes them, so that what they stand before is asked at once; they open again where it still fails. */
export const resetCircuitBreakers = defineOperation<Record<never, never>, readonly CircuitBreakerInfo[]>({
  name: "resetCircuitBreakers",
  permission: "server::admin",
  resource: theServer,
  run: async ({ circuit }) => {
    circuit.reset();
    const { state, reason = null } = circuit;
    return [{ service: "object_store", state, reason }];
  },
});
