export interface PageRequest {
  /** 1..1,000; 100 if absent. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}
