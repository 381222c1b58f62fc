import { ObjectStoreAwayError } from "@akidb/objects";
import { RestingError } from "./restingError.ts";

/** Whether the store was asked: that it is away, or that work rests, is told once and elsewhere. */
export const wasTried = (error: unknown): boolean =>
  !(error instanceof ObjectStoreAwayError || error instanceof RestingError);
