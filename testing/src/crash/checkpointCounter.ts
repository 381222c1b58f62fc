import { readdirSync } from "node:fs";
import { storedCheckpoints } from "../storedCheckpoints.ts";

export interface CheckpointCounts {
  /** At least: those that came and went between two looks are not seen. */
  readonly checkpoints: number;
  readonly compactions: number;
}

/** Counts what a server did of itself, by its files: between two looks. */
export class CheckpointCounter {
  readonly #dataDirectory: string;
  readonly #seen = new Set<string>();
  #compactions = 0;

  constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory;
  }

  look(): void {
    const root = `${this.#dataDirectory}/collections`;
    for (const collection of readdirSync(root)) {
      let rowCount = 0;
      for (const checkpoint of storedCheckpoints(`${root}/${collection}`)) {
        const name = `${collection}/${checkpoint.name}`;
        if (checkpoint.rowCount < rowCount && !this.#seen.has(name)) this.#compactions += 1;
        rowCount = checkpoint.rowCount;
        this.#seen.add(name);
      }
    }
  }

  get counts(): CheckpointCounts {
    return { checkpoints: this.#seen.size, compactions: this.#compactions };
  }
}
