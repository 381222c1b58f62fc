import type { Cli } from "../cli.ts";

/** One object, indented where a person reads it. */
export const printJson = ({ terminal }: Cli, value: unknown): void =>
  terminal.print(`${JSON.stringify(value, null, terminal.outIsTerminal ? 2 : undefined)}\n`);
