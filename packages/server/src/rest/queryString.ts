/** The parameters that are not plain strings: their text becomes what their schema wants, where it can. */
const typed: ReadonlyMap<string, (text: string) => unknown> = new Map([
  ["limit", (text: string): unknown => (/^\d{1,15}$/.test(text) ? Number(text) : text)],
  ["all_tenants", (text: string): unknown => (text === "true" ? true : text === "false" ? false : text)],
  ["include", (text: string): unknown => (text === "" ? [] : text.split(","))],
]);

/** A parameter given twice is left as an array, which no schema of a single value takes. */
export function parseQueryString(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = {};
  if (text === "") return query;
  const parameters = new URLSearchParams(text);
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name).map((value) => typed.get(name)?.(value) ?? value);
    const value = name === "include" ? values.flat() : values.length === 1 ? values[0] : values;
    // Not by assignment, which would set the prototype for the name `__proto__`.
    Object.defineProperty(query, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return query;
}
