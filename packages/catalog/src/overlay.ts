/** `defaults` with what `given` holds; a field that is given as undefined counts as absent. */
export function overlay<Fields extends object>(defaults: Fields, given: Partial<Fields>): Fields {
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(present) };
}
