import { type Budget, nothing, type Reservation, unlimited } from "./budget.ts";

/** The memory of a process that its collections share. */
export interface MemoryBudget extends Budget {
  /** As {@link Budget.reserve}, for what is taken to give more back later: some is kept for it. */
  reserveCopy(bytes: number): Reservation | undefined;
}

export const unlimitedMemory: MemoryBudget = { ...unlimited, reserveCopy: () => nothing };
