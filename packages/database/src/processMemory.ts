/** What the process takes, and what it would die of. */
export interface ProcessMemory {
  /** Of the machine, or of the container where that is less. */
  readonly machineBytes: number;
  /** The resident set. */
  residentBytes(): number;
}
