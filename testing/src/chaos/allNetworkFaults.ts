import type { NetworkFault } from "./faultProxy.ts";

/** With times between them in which the network is whole. */
export const allNetworkFaults: readonly NetworkFault[] = [
  { kind: "none" },
  { kind: "away" },
  { kind: "none" },
  { kind: "half_open" },
  { kind: "cut", afterBytes: 20_000 },
  { kind: "delay", delayMs: 20 },
  { kind: "throttle", bytesPerSecond: 1_000_000 },
  { kind: "corrupt", everyBytes: 20_000 },
];
