/** What stands for every value beyond those that a label may have. */
const other = "other";

/** Lets through the first values that come and takes all others for one: each series costs memory here and where it is kept. */
export function boundedLabel(valuesMax: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= valuesMax) return other;
    known.add(value);
    return value;
  };
}
