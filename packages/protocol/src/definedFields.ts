/**
 * An object without the fields that are undefined: an optional field is absent, on the wire and in the interface, never
 * present without a value.
 */
export function definedFields<T extends object>(
  fields: { readonly [Key in keyof T]: T[Key] | undefined },
): T {
  const defined: Partial<T> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) defined[key] = value;
  }
  return defined as T;
}
