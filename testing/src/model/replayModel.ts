import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Quantization } from "@akidb/base";
import { Builders } from "@akidb/engine";
import { ModelledCollection } from "./modelledCollection.ts";
import type { ModelStep } from "./modelStep.ts";

/** A history that failed once, or that somebody thought of. */
export interface ModelFixture {
  /** What it shows. */
  readonly about: string;
  readonly quantization: Quantization;
  readonly steps: readonly ModelStep[];
}

/** @returns what was wrong, up to the first step that showed it */
export async function replayModel({
  quantization,
  steps,
}: Omit<ModelFixture, "about">): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), "akidb-model-"));
  const builders = new Builders({ threadCount: 1 });
  const modelled = await ModelledCollection.create({ directory, quantization, builders });
  try {
    for (const step of steps) {
      await modelled.apply(step).catch((error: unknown) => void modelled.faults.push(String(error)));
      if (modelled.faults.length > 0) break;
    }
    return modelled.faults;
  } finally {
    await modelled.close().catch(() => {});
    await builders.close();
    rmSync(directory, { recursive: true });
  }
}

/**
 * Leaves out what the failure does not need: halves, quarters and so on of the steps, as long as the rest still fails
 * (Zeller & Hildebrandt 2002, ddmin).
 */
export async function shrinkSteps(
  steps: readonly ModelStep[],
  fails: (steps: readonly ModelStep[]) => Promise<boolean>,
  triesMax: number,
): Promise<readonly ModelStep[]> {
  let kept = steps;
  let tries = 0;
  for (let length = Math.ceil(steps.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let first = 0; first < kept.length; ) {
      if (tries++ >= triesMax) return kept;
      const rest = [...kept.slice(0, first), ...kept.slice(first + length)];
      if (await fails(rest)) kept = rest;
      else first += length;
    }
  }
  return kept;
}
