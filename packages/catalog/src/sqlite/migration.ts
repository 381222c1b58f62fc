/**
 * One step of the schema. What has been released never changes any more: a later step corrects it. So a migration
 * is text of its own and shares nothing with the code that uses the tables.
 */
export interface Migration {
  /** One more than the one before; the first is 1. */
  readonly version: number;
  readonly name: string;
  readonly up: string;
  /** Loses the data for which only `up` made a place. */
  readonly down: string;
}
