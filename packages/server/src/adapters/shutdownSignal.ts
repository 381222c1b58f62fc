import { constants } from "node:os";
import type { Clock } from "@akidb/base";

/** npm, a launcher and the terminal may each deliver the same Ctrl-C. */
const repeatMs = 300;

/**
 * Resolves at the first SIGINT or SIGTERM. A further one ends the process at once: the next start recovers what was
 * acknowledged.
 */
export function shutdownSignal(clock: Clock): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs: number | undefined;
    const receive = (signal: NodeJS.Signals): void => {
      const nowMs = clock.monotonicMs();
      if (firstMs === undefined) {
        firstMs = nowMs;
        resolve(signal);
      } else if (nowMs - firstMs > repeatMs) {
        process.exit(128 + constants.signals[signal]);
      }
    };
    process.on("SIGINT", receive).on("SIGTERM", receive);
  });
}
