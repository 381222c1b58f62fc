import type { FieldPath } from "./fieldPath.ts";

/** A filter with nothing left to check: every operator is one of these, `$ne`, `$nin` and `$exists: false` as `not`. */
export type Filter =
  | { readonly kind: "and"; readonly filters: readonly Filter[] }
  | { readonly kind: "or"; readonly filters: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }
  | { readonly kind: "field"; readonly path: FieldPath; readonly test: FieldTest };

/** What one value of a field must be; an array passes if any of its elements does. */
export type FieldTest =
  | { readonly kind: "exists" }
  | { readonly kind: "equals"; readonly operands: readonly Scalar[] }
  | RangeTest
  | { readonly kind: "contains"; readonly operand: Scalar }
  | { readonly kind: "prefix"; readonly prefix: string }
  | GeoRadiusTest
  | GeoBoxTest;

export type Scalar = string | number | boolean | null;

/** One value lies within all the bounds. Values of another type than the bounds never do. */
export type RangeTest =
  | { readonly kind: "range"; readonly of: "number" | "instant"; readonly bounds: Bounds<number> }
  | { readonly kind: "range"; readonly of: "string"; readonly bounds: Bounds<string> };

export interface Bounds<T> {
  readonly lower?: Bound<T>;
  readonly upper?: Bound<T>;
}

export interface Bound<T> {
  readonly value: T;
  readonly isInclusive: boolean;
}

/** Degrees, WGS 84. */
export interface GeoPoint {
  readonly lat: number;
  readonly lon: number;
}

export interface GeoRadiusTest {
  readonly kind: "geoRadius";
  readonly center: GeoPoint;
  readonly radiusM: number;
}

/** Crosses the antimeridian where `topLeft` lies east of `bottomRight`. */
export interface GeoBoxTest {
  readonly kind: "geoBox";
  readonly topLeft: GeoPoint;
  readonly bottomRight: GeoPoint;
}

/** Passes every document. */
export const everything: Filter = { kind: "and", filters: [] };
