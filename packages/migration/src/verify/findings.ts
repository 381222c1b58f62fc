/** What is not as it was in 1.x. */
export interface Finding {
  /** The file of 1.x, with the line where it is a document. */
  readonly place: string;
  readonly problem: string;
}

export interface VerificationFindings {
  readonly tenantCount: number;
  readonly collectionCount: number;
  readonly documentCount: number;
  /** The first of them. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

/** Whoever has so many does not read more of them. */
const findingsMax = 1_000;

/** What a verification has looked at, and found. */
export class Findings implements VerificationFindings {
  tenantCount = 0;
  collectionCount = 0;
  documentCount = 0;
  findingCount = 0;
  readonly #findings: Finding[] = [];

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  add(place: string, problem: string): void {
    this.findingCount += 1;
    if (this.#findings.length < findingsMax) this.#findings.push({ place, problem });
  }

  /** @param fields of what is there, by what they are called; each that differs is a finding */
  compare(
    place: string,
    fields: Readonly<Record<string, readonly [found: unknown, expected: unknown]>>,
  ): void {
    for (const [name, [found, expected]] of Object.entries(fields)) {
      const [foundText, expectedText] = [canonicalJson(found), canonicalJson(expected)];
      if (foundText !== expectedText) this.add(place, `${name} is ${foundText} in v2, not ${expectedText}`);
    }
  }
}

/** The same for two values that differ in the order of their keys alone. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  ) ?? "absent";
