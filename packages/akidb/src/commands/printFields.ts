import type { Cli } from "../cli.ts";
import { paintIf } from "../terminal/paint.ts";

const nameWidth = 16;

/** One thing, a line for each of its fields. */
export function printFields(
  { terminal }: Cli,
  fields: readonly (readonly [name: string, value: string])[],
): void {
  const paint = paintIf(terminal.outHasColors);
  for (const [name, value] of fields) terminal.print(`${paint("bold", name.padEnd(nameWidth))} ${value}\n`);
}
