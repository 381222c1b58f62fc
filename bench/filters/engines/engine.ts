import type { Conditions } from "../cells.ts";
import type { MnistRows } from "../mnistRows.ts";

export const k = 10;

/** A database under test: in this process, over squared or plain Euclidean distance. */
export interface Engine {
  readonly name: string;
  /** Fills it, and returns when its indexes are built. */
  load(rows: MnistRows): Promise<void>;
  /** @returns rows, the nearest first */
  search(query: Float32Array, conditions: Conditions | undefined): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** @param directory of its own, empty */
export type MakeEngine = (directory: string) => Promise<Engine>;
