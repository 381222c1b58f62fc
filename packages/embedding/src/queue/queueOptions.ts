import type { Clock, Random } from "@akidb/base";

export interface QueueOptions {
  /** Texts of one call of the model. */
  readonly batchSize: number;
  /** Texts that may wait; of all tenants together twice as many, where some fill it and others come. */
  readonly textsMax: number;
  readonly clock: Clock;
  /** Spreads repeated calls. */
  readonly random: Random;
}

/** Of all texts that wait, and twice that as above: some hundred MiB. */
export const queuedCharactersMax = 64 * 1024 * 1024;

/** One is computed while the next one is on its way. */
export const callsMax = 2;

export const cacheBytesMax = 16 * 1024 * 1024;

/** Queries come again, long texts hardly ever. */
export const cachedCharactersMax = 1_024;
