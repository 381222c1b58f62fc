import Type, { type TSchemaOptions, type TUnsafe } from "typebox";

/** One of some strings. TypeBox's own leaves out that they are strings, which serialisers and generators want to know. */
export const stringEnum = <Value extends string>(
  values: readonly Value[],
  options: TSchemaOptions = {},
): TUnsafe<Value> => Type.Unsafe<Value>({ type: "string", enum: [...values], ...options });
