import { totalmem } from "node:os";

/** Of the machine, or of the container where that is less. */
export function machineMemoryBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
