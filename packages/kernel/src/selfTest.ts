import { SeededRandom } from "@akidb/base";
import type { Kernel } from "./kernel.ts";
import { kernelCalls } from "./kernelCalls.ts";
import { dotFloatTwin, dotOneBitTwin, dotSevenBitTwin, squaredFloatTwin } from "./kernelTwins.ts";

const width = 256;

/**
 * Whether this runtime computes the kernels as their twins do. It must: V8 before version 12, for one, compiles the
 * relaxed dot product wrongly until a function has run hot. Takes about a millisecond.
 */
export function selfTest(kernel: Kernel): boolean {
  const random = new SeededRandom(1);
  const calls = kernelCalls(kernel);
  const integers = (bound: number, from: number) =>
    Array.from({ length: width }, () => from + random.nextInt(bound));

  const probe = Int8Array.from(integers(255, -127));
  const codes = [new Uint8Array(width).fill(127), ...[1, 2, 3].map(() => Uint8Array.from(integers(128, 0)))];
  const probes = [probe, new Int8Array(width).fill(-127), new Int8Array(width).fill(127)];
  const sevenBitsRight = probes.every((each) =>
    calls.dotSevenBitFour(each, codes).every((dot, i) => dot === dotSevenBitTwin(each, codes[i]!)),
  );

  const bits = () => Uint8Array.from({ length: width / 8 }, () => random.nextInt(256));
  const planes = [bits(), bits(), bits(), bits()];
  const row = bits();
  const oneBitRight = calls.dotOneBit(planes, row) === dotOneBitTwin(planes, row);

  // Small integers, so that sums of floats are exact in any order.
  const floats = () => Float32Array.from(integers(255, -127));
  const query = floats();
  const rows = [floats(), floats(), floats(), floats()];
  const floatsRight =
    calls.dotFloatFour(query, rows).every((dot, i) => dot === dotFloatTwin(query, rows[i]!)) &&
    calls.squaredFloatFour(query, rows).every((sum, i) => sum === squaredFloatTwin(query, rows[i]!));

  return sevenBitsRight && oneBitRight && floatsRight;
}
