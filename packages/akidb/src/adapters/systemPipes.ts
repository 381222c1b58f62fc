import { systemClock } from "@akidb/base";
import type { Pipes } from "../pipes.ts";

export const systemPipes = (): Pipes => ({
  input: process.stdin,
  output: process.stdout,
  stopped: async () => (await import("@akidb/server")).shutdownSignal(systemClock),
});
