/** What one call of the benchmark was asked for. */
export interface Run {
  readonly sets: readonly SetWanted[];
  /** Of the curves: engines whose names contain one of these. */
  readonly only: readonly string[];
  /** Of each dataset at most. */
  readonly rowsMax: number;
  readonly rounds: number;
  /** Of searching, for one engine at one `ef` in one round. */
  readonly sliceMs: number;
  readonly mnistFolder: string;
}

export interface SetWanted {
  /** `mnist`, or the dimension of a synthetic dataset. */
  readonly source: string;
  readonly linksMax: number;
}

const linksMaxDefault = 16;

/** @param text such as `128,512m32,mnist`: 128-d and MNIST at M 16, 512-d at M 32 */
export function parseSets(text: string): SetWanted[] {
  return text.split(",").map((part) => {
    const parsed = /^(mnist|\d+)(?:m(\d+))?$/.exec(part);
    if (parsed === null) throw new Error(`not a set: ${part}; write 128, 512m32 or mnist`);
    return { source: parsed[1]!, linksMax: Number(parsed[2] ?? linksMaxDefault) };
  });
}

/** Where all rows would take too long, or there are no more. */
const rowsOfSource: Readonly<Record<string, number>> = { "1536": 50_000, mnist: 60_000 };

export const rowsMaxOf = ({ rowsMax }: Run, source: string): number =>
  Math.min(rowsMax, rowsOfSource[source] ?? rowsMax);
