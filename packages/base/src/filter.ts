import type { JsonObject } from "./json.ts";
import type { IsTyped, MetadataFields } from "./metadataFields.ts";

/**
 * A filter on metadata of a type: `{ year: { $gte: 2020 }, "author.name": "Knuth", $or: [{ tag: "a" }, { tag: "b" }] }`.
 * The compiler tells fields that there are none of, and values of other types. Without a type, any filter, which the
 * database checks. What the operators mean is in docs/filters.md.
 */
export type Filter<Metadata extends object = JsonObject> =
  IsTyped<Metadata> extends true
    ? { readonly [Entry in MetadataFields<Metadata> as Entry[0]]?: Condition<Entry[1]> } & Combined<Metadata>
    : JsonObject;

interface Combined<Metadata extends object> {
  readonly $and?: readonly Filter<Metadata>[];
  readonly $or?: readonly Filter<Metadata>[];
  readonly $not?: Filter<Metadata>;
}

/** A bare value means `$eq`. */
type Condition<Value> = Scalar<Value> | Operators<Value>;

type Scalar<Value> = Extract<Value, string | number | boolean | null>;

/** Any text where texts may stand, though only some do. */
type Text<Value> = Extract<Value, string> extends never ? never : string;
type Bound<Value> = Text<Value> | (Extract<Value, number> extends never ? never : number);

interface Operators<Value> {
  readonly $eq?: Scalar<Value>;
  readonly $ne?: Scalar<Value>;
  readonly $in?: readonly Scalar<Value>[];
  readonly $nin?: readonly Scalar<Value>[];
  /** Dates are texts: `2024-02-29` or `2024-02-29T12:00:00Z`. */
  readonly $gt?: Bound<Value>;
  readonly $gte?: Bound<Value>;
  readonly $lt?: Bound<Value>;
  readonly $lte?: Bound<Value>;
  readonly $exists?: boolean;
  readonly $contains?: Scalar<Value> | Text<Value>;
  readonly $prefix?: Text<Value>;
  readonly $geo_radius?: OfPoint<Value, GeoRadius>;
  readonly $geo_box?: OfPoint<Value, GeoBox>;
  readonly $not?: Operators<Value>;
}

export interface GeoPoint {
  readonly lat: number;
  readonly lon: number;
}

type OfPoint<Value, Operand> = Extract<Value, GeoPoint> extends never ? never : Operand;

interface GeoRadius {
  readonly center: GeoPoint;
  readonly radius_m: number;
}

interface GeoBox {
  readonly top_left: GeoPoint;
  readonly bottom_right: GeoPoint;
}
