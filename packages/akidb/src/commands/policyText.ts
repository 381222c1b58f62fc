import { invalidArgument } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";

export interface PolicyTextFlags {
  readonly file?: string;
  readonly text?: string;
}

export const addPolicyTextOptions = (command: Command): Command =>
  command
    .option("--file <FILE>", "that has the policy in the Cedar language")
    .option("--text <TEXT>", "the policy itself");

/** Undefined where neither is given. */
export function policyTextOf({ files }: Cli, { file, text }: PolicyTextFlags): string | undefined {
  if (file !== undefined && text !== undefined)
    throw invalidArgument("--text", "is one too many beside --file");
  return file === undefined ? text : files.readText(file);
}
