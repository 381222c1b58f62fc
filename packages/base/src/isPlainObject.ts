/** An object literal or what JSON makes of one: no array, no date, no instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A prototype whose own prototype is null is Object.prototype, of this realm or another.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
