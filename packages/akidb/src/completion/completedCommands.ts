import type { Command, Option } from "commander";

export interface CompletedCommand {
  /** `akidb collections create` without its first word; empty for the program itself. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly subcommands: readonly { readonly name: string; readonly summary: string }[];
}

export interface CompletedOption {
  readonly flags: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
}

/** All commands of a program, each before its own. */
export function completedCommands(
  command: Command,
  path: readonly string[] = [],
): readonly CompletedCommand[] {
  const subcommands = command.commands.map((sub) => ({ name: sub.name(), summary: summaryOf(sub) }));
  return [
    {
      path,
      summary: summaryOf(command),
      options: command.createHelp().visibleOptions(command).map(completed),
      subcommands,
    },
    ...command.commands.flatMap((sub) => completedCommands(sub, [...path, sub.name()])),
  ];
}

const summaryOf = (command: Command): string => oneLine(command.summary() || command.description());

const completed = ({ long, short, description, required, optional }: Option): CompletedOption => ({
  flags: [long, short].filter((flag) => typeof flag === "string"),
  summary: oneLine(description),
  takesValue: required || optional,
});

/** In the words of a shell: no quotes, brackets or colons of its own. */
const oneLine = (text: string): string =>
  text
    .split(/\n|(?<=\w)\. /, 1)[0]!
    .replaceAll(/['"`\\$]/g, "")
    .replaceAll("[", "(")
    .replaceAll("]", ")")
    .replaceAll(":", ";");
