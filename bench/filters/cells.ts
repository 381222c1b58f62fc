import type { RowFields } from "./mnistRows.ts";

/** Conditions that all have to hold; every engine writes them in its own language. */
export interface Conditions {
  readonly numberBelow?: number;
  readonly label?: number;
  readonly labelNot?: number;
  /** Latitude and longitude within so many degrees of the middle. */
  readonly box?: { readonly lat: number; readonly lon: number };
}

export const correlations = ["random", "place", "own label", "other labels"] as const;
export type Correlation = (typeof correlations)[number];

export interface Cell {
  readonly correlation: Correlation;
  /** Of all rows, about. */
  readonly share: number;
}

/** A tenth of the rows has a query's label. */
const labelShare = 0.1;
const shares = [0.0001, 0.001, 0.01, 0.1, 0.5, 1];

/** Those that can be: no more rows than a tenth have the query's own label, nor more than nine tenths others. */
export const cells: readonly Cell[] = correlations.flatMap((correlation) =>
  shares.filter((share) => share <= shareMax(correlation)).map((share) => ({ correlation, share })),
);

function shareMax(correlation: Correlation): number {
  switch (correlation) {
    case "random":
    case "place":
      return 1;
    case "own label":
      return labelShare;
    case "other labels":
      return 1 - labelShare;
  }
}

export function conditionsOf({ correlation, share }: Cell, queryLabel: number): Conditions {
  switch (correlation) {
    case "random":
      return { numberBelow: share };
    case "place":
      return { box: { lat: 45 * Math.sqrt(share), lon: 90 * Math.sqrt(share) } };
    case "own label":
      return { label: queryLabel, numberBelow: share / labelShare };
    case "other labels":
      return { labelNot: queryLabel, numberBelow: share / (1 - labelShare) };
  }
}

export const passes = (row: RowFields, { numberBelow, label, labelNot, box }: Conditions): boolean =>
  (numberBelow === undefined || row.number < numberBelow) &&
  (label === undefined || row.label === label) &&
  (labelNot === undefined || row.label !== labelNot) &&
  (box === undefined || (Math.abs(row.lat) <= box.lat && Math.abs(row.lon) <= box.lon));
