/** What a document must say, and what it is scored by: all phrases but the excluded ones. */
export type FullTextQuery =
  | FullTextPhrase
  | { readonly kind: "any" | "all"; readonly parts: readonly FullTextQuery[] }
  /** Of the documents that say what is required, those that say what is not score higher. */
  | { readonly kind: "preferring"; readonly required: FullTextQuery; readonly optional: FullTextQuery }
  | { readonly kind: "except"; readonly from: FullTextQuery; readonly excluded: FullTextQuery };

export interface FullTextPhrase {
  readonly kind: "phrase";
  /** One word or more, one after the other. */
  readonly words: string;
  /** The last word may go on. */
  readonly isPrefix: boolean;
}

/** @param parts at least one */
export const anyOf = (parts: readonly FullTextQuery[]): FullTextQuery =>
  parts.length === 1 ? parts[0]! : { kind: "any", parts };

/** @param parts at least one */
export const allOf = (parts: readonly FullTextQuery[]): FullTextQuery =>
  parts.length === 1 ? parts[0]! : { kind: "all", parts };
