/** Many servers and tokenizers do not take them: a space stands for each. */
export const withoutLoneSurrogates = (text: string): string =>
  text.isWellFormed() ? text : text.replace(/\p{Surrogate}/gu, " ");
