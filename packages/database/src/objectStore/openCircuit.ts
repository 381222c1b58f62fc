import { ObjectStoreCircuit, type RetryNotice } from "@akidb/objects";
import type { Log } from "../logEvent.ts";
import type { DatabaseMeter } from "../telemetry/databaseMeter.ts";
import type { ObjectStoreTuning } from "./objectStoreTuning.ts";
import { type ObjectStoreOpening, openObjectStore } from "./openObjectStore.ts";

export interface CircuitOpening extends Omit<ObjectStoreOpening, "retry" | "idleTimeoutMs"> {
  readonly tuning: ObjectStoreTuning;
  readonly meter: Pick<DatabaseMeter, "retried">;
  readonly log: Log;
  /** The store answers again. */
  readonly onBack: () => void;
}

/** The configured store behind its circuit breaker; tells when it goes away and when it is back. */
export function openCircuit({ tuning, meter, log, onBack, ...opening }: CircuitOpening): ObjectStoreCircuit {
  const onRetry = ({ operation }: RetryNotice): void => meter.retried(operation);
  const retry = { ...tuning.retry, onRetry };
  const { idleTimeoutMs } = tuning;
  let isAway = false;
  const circuit: ObjectStoreCircuit = new ObjectStoreCircuit(
    openObjectStore({ ...opening, retry, idleTimeoutMs }),
    {
      ...tuning.circuit,
      clock: opening.clock,
      onChange: (state) => {
        // While it is tried, it is away.
        if (isAway === (state !== "closed")) return;
        isAway = !isAway;
        if (isAway) return log({ kind: "object_store_away", reason: circuit.reason ?? "" });
        log({ kind: "object_store_back" });
        onBack();
      },
    },
  );
  return circuit;
}
