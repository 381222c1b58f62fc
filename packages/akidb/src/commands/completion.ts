import { invalidArgument } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { bashScript } from "../completion/bashScript.ts";
import { type CompletedCommand, completedCommands } from "../completion/completedCommands.ts";
import { fishScript } from "../completion/fishScript.ts";
import { zshScript } from "../completion/zshScript.ts";
import { examples } from "./examples.ts";

const scripts: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};
const shells = Object.keys(scripts);

/** To be registered last: it knows the commands that are there. */
export function registerCompletion(program: Command, cli: Cli): void {
  program
    .command("completion")
    .summary("print a script that completes commands and options in a shell")
    .description("Print a script that completes the commands and options of akidb when a shell has read it.")
    .argument("<SHELL>", shells.join(", "))
    .addHelpText(
      "after",
      examples(
        "source <(akidb completion bash)                                  # in ~/.bashrc",
        "source <(akidb completion zsh)                                   # in ~/.zshrc, behind compinit",
        "akidb completion fish > ~/.config/fish/completions/akidb.fish",
      ),
    )
    .action((shell: string) => {
      const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
      if (script === undefined) {
        throw invalidArgument("SHELL", `${JSON.stringify(shell)} is not one of ${shells.join(", ")}`);
      }
      cli.terminal.print(script(completedCommands(program)));
    });
}
