/** Whose word forms the full text tells together: `english` finds "searches" by "searching"; `none`, by itself alone. */
export const textLanguages = ["none", "english"] as const;

export type TextLanguage = (typeof textLanguages)[number];
