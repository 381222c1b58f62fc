export interface CountingFetch {
  readonly fetch: typeof globalThis.fetch;
  /** Answers that were errors, whether their caller tried again or not. */
  readonly refusedCount: number;
}

export function countingFetch(): CountingFetch {
  let refusedCount = 0;
  return {
    fetch: async (...request) => {
      const response = await fetch(...request);
      if (!response.ok) refusedCount += 1;
      return response;
    },
    get refusedCount() {
      return refusedCount;
    },
  };
}
