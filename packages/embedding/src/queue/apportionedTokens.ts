/**
 * What each text of a call has taken of its tokens, by the lengths of the texts: a server counts them together.
 *
 * @returns whole numbers that add up to `totalTokens`
 */
export function apportionedTokens(texts: readonly string[], totalTokens: number): readonly number[] {
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  let seen = 0;
  let given = 0;
  return texts.map((text) => {
    seen += text.length;
    const until = Math.round((totalTokens * seen) / characters);
    const tokens = until - given;
    given = until;
    return tokens;
  });
}
