/** What one check found. */
export interface Finding {
  readonly check: string;
  /** `problem`: a server would not start, or not keep what it promises. */
  readonly status: "ok" | "warning" | "problem";
  readonly detail: string;
  /** What to do; null where all is well. */
  readonly advice: string | null;
}

export const fine = (check: string, detail: string): Finding => ({
  check,
  status: "ok",
  detail,
  advice: null,
});

export const warning = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: "warning",
  detail,
  advice,
});

export const problem = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: "problem",
  detail,
  advice,
});
