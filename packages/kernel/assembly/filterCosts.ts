import { linksMax, rowBytes } from "./segment";

// What parts of a filtered search take, in units that only compare with each other: about nanoseconds on the machine where
// they were measured, of 50,000 and 200,000 rows, 128 and 512 dimensions, M 16 and 32.

/** Of one row scored by a scan. */
export function scanCost(): f64 {
  return 12 + 0.11 * <f64>rowBytes;
}

/** Of one node expanded by a walk over all rows. */
export function stepCost(): f64 {
  return ((550 + 0.9 * <f64>rowBytes) * <f64>(linksMax + 8)) / 24;
}

/** Of one candidate in `ef` of a walk that goes from match to match. */
export function twoLinkStepCost(): f64 {
  return 3 * stepCost();
}
