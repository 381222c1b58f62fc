import { systemClock } from "@akidb/base";
import { shutdownSignal } from "@akidb/server";
import type { Pipes } from "../pipes.ts";

export const systemPipes = (): Pipes => ({
  input: process.stdin,
  output: process.stdout,
  stopped: () => shutdownSignal(systemClock),
});
