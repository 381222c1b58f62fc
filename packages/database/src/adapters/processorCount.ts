import { availableParallelism } from "node:os";

export const processorCount = (): number => availableParallelism();
