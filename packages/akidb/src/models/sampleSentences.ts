/**
 * Four pairs that mean the same in other words, and four that share words and mean something else: where the first come
 * nearest, a model reads meanings; where the second do, it reads words.
 */
export const sampleSentences: readonly string[] = [
  "How do I get my money back?",
  "The shop refunds what you return within thirty days.",
  "My car will not start this morning.",
  "The automobile's battery is flat.",
  "The patient has a high temperature.",
  "She is in bed with a fever.",
  "The match was called off because of the storm.",
  "Heavy weather ended the game before it began.",
  "The bank raised its interest rates.",
  "We had lunch on the bank of the river.",
  "A light meal before the flight.",
  "A flight of stairs without a light.",
  "The spring of the clock is broken.",
  "The clock goes forward in spring.",
  "He wrote a letter to the editor.",
  "The letter that follows B is C.",
];
