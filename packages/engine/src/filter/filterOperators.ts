/** Operators of a field, as they are written. */
export const fieldOperators = [
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$nin",
  "$exists",
  "$not",
  "$contains",
  "$prefix",
  "$geo_radius",
  "$geo_box",
] as const;
export type FieldOperator = (typeof fieldOperators)[number];

/** Operators that stand where a field's name may stand. */
export const logicalOperators = ["$and", "$or", "$not"] as const;
export type LogicalOperator = (typeof logicalOperators)[number];

export const isFieldOperator = (name: string): name is FieldOperator =>
  (fieldOperators as readonly string[]).includes(name);

export const isLogicalOperator = (name: string): name is LogicalOperator =>
  (logicalOperators as readonly string[]).includes(name);
