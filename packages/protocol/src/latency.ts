import Type from "typebox";

export const LatencyMs = Type.Number({ description: "Spent in the server.", examples: [1.837] });

/** Milliseconds to three places, beyond which a clock tells nothing. */
export const roundedMs = (ms: number): number => Math.round(ms * 1_000) / 1_000;
