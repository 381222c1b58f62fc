import { getUsage } from "./getUsage.ts";

export const usageOperations = { getUsage } as const;
