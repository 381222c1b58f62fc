import { emptyDocumentHeapBytes } from "../documents/documentHeapBytes.ts";
import { type Budget, type Reservation, together, unlimited } from "./budget.ts";
import { type CheckedBatch, writtenFor } from "./checkedBatch.ts";
import { type MemoryBudget, unlimitedMemory } from "./memoryBudget.ts";

/** What is written of a batch. */
export interface WriteSize {
  readonly count: number;
  readonly metadataBytes: number;
  readonly heapBytes: number;
  /** In the log. */
  readonly bytes: number;
}

/** What a write is to be given. */
export interface WriteNeed {
  readonly memoryBytes: number;
  readonly storageBytes: number;
}

const nothingNeeded: WriteNeed = { memoryBytes: 0, storageBytes: 0 };

export interface WriteRoomOptions {
  readonly memory?: MemoryBudget | undefined;
  readonly storage?: Budget | undefined;
  /** What as many documents more will take of memory, about; `metadataBytes` is all that they say. */
  readonly growthBytes: (count: number, metadataBytes: number) => number;
}

/** Memory and disk for what is written: a write has all that it will take before it is logged, or nothing of it. */
export class WriteRoom {
  readonly #memory: MemoryBudget;
  readonly #storage: Budget;
  readonly #growthBytes: WriteRoomOptions["growthBytes"];

  constructor({ memory = unlimitedMemory, storage = unlimited, growthBytes }: WriteRoomOptions) {
    this.#memory = memory;
    this.#storage = storage;
    this.#growthBytes = growthBytes;
  }

  /** All that documents take, about, from now on: what stays of them, their copy and their record. */
  needOf({ count, heapBytes, metadataBytes, bytes }: WriteSize): WriteNeed {
    if (count === 0) return nothingNeeded;
    const memoryBytes = this.#growthBytes(count, metadataBytes) + heapBytes + 2 * bytes;
    return { memoryBytes, storageBytes: storedBytes(bytes) };
  }

  /** @returns undefined where there is none at once: it is to be {@link WriteRoom.make made} then */
  reserve({ memoryBytes, storageBytes }: WriteNeed): Reservation | undefined {
    const memory = this.#memory.reserve(memoryBytes);
    if (memory === undefined) return undefined;
    const storage = this.#storage.reserve(storageBytes);
    if (storage !== undefined) return together(memory, storage);
    memory[Symbol.dispose]();
    return undefined;
  }

  /** @throws AkiDbError `quota_exceeded` or `unavailable` where there is no room */
  async make({ memoryBytes, storageBytes }: WriteNeed): Promise<Reservation> {
    const memory = this.#memory.reserve(memoryBytes) ?? (await this.#memory.makeRoom(memoryBytes));
    try {
      const storage = this.#storage.reserve(storageBytes) ?? (await this.#storage.makeRoom(storageBytes));
      return together(memory, storage);
    } catch (error) {
      memory[Symbol.dispose]();
      throw error;
    }
  }
}

/** Of documents that are replaced or inserted: those refused take nothing. */
export function batchSize({ documents, bytes }: CheckedBatch): WriteSize {
  const written = documents.flatMap(writtenFor);
  let heapBytes = 0;
  let metadataBytes = 0;
  for (const { stringBytes, metadata } of written) {
    heapBytes += emptyDocumentHeapBytes + stringBytes;
    metadataBytes += metadata?.length ?? 0;
  }
  return { count: written.length, heapBytes, metadataBytes, bytes };
}

/** In the log, and again where recovery and reads find it: in a checkpoint, and in the file of documents. */
export const storedBytes = (loggedBytes: number): number => 2 * loggedBytes;
