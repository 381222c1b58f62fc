import { changeTier } from "./changeTier.ts";
import { getTier } from "./getTier.ts";
import { getTierMetrics } from "./getTierMetrics.ts";

/** Where collections are kept. */
export const tierOperations = { getTier, changeTier, getTierMetrics } as const;
