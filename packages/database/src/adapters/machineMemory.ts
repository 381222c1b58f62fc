import { totalmem } from "node:os";
import type { ProcessMemory } from "../processMemory.ts";

/** Of the machine, or of the container where that is less. */
function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Of this process; asking for its resident set takes some microseconds. */
export const processMemory = (): ProcessMemory => ({
  machineBytes: machineMemoryBytes(),
  residentBytes: () => process.memoryUsage.rss(),
});
