/** `ef` for walks whose ranks are exact, or as good as. */
export const efsOfFloats = [10, 15, 20, 30, 45, 70, 110, 170];

/** One-bit codes need a wider walk for the same recall. */
export const efsOfBits = [30, 50, 80, 120, 200, 300, 450, 700];
