/** One place where the code breaks a rule. */
export interface Violation {
  /** From the repository's root: `packages/base/src/ids.ts`. */
  readonly path: string;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number;
  readonly problem: string;
}

/** `packages/base/src/ids.ts:7 imports …`, which editors and terminals make a link. */
export const describeViolation = ({ path, line, problem }: Violation): string =>
  `${path}${line === undefined ? "" : `:${line}`} ${problem}`;
