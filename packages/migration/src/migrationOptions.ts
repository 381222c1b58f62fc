import type { Clock, Random } from "@akidb/base";
import type { MigrationPlan, MigrationScope } from "./plan/migrationPlan.ts";
import type { BeforeStep } from "./run/migrationStep.ts";

export interface MigrationProgress {
  /** Of the files of documents. */
  readonly bytesRead: number;
  readonly totalBytes: number;
  readonly documentCount: number;
}

/** What every job on both directories is given. */
export interface MigrationPlaces extends MigrationScope {
  readonly v1Directory: string;
  readonly v2Directory: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProgress?: (progress: MigrationProgress) => void;
}

export interface MigrationOptions extends MigrationPlaces {
  /** How this process is called where another one finds the directory in use. */
  readonly command: string;
  /** Told what is going to be done, before it is. */
  readonly onPlan?: (plan: MigrationPlan) => void;
  /** For tests, which fail at any of them. */
  readonly beforeStep?: BeforeStep;
}
