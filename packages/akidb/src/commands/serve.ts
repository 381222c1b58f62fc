import { loadConfig, optionFlags } from "@akidb/server/config";
import { type Command, Option } from "commander";
import type { Cli } from "../cli.ts";
import { examples } from "./examples.ts";

export function registerServe(program: Command, cli: Cli): void {
  const command = program
    .command("serve")
    .summary("start a server (what `akidb` alone does)")
    .description("Start a server on this machine, until Ctrl-C or SIGTERM.");
  const attributes = optionFlags.map(({ name, placeholder, help, group, hidden }) => {
    const option = new Option(`${name} <${placeholder}>`, help).helpGroup(`${group}:`).hideHelp(hidden);
    command.addOption(option);
    return { name, attribute: option.attributeName() };
  });
  command
    .addHelpText(
      "after",
      examples(
        "akidb                                     # http://127.0.0.1:8080, data in ./akidb-data",
        "akidb serve --port 9000 --data-dir /srv/akidb",
        "AKIDB_LOG_LEVEL=warn akidb serve --config akidb.toml",
      ),
    )
    .action(async (values: Readonly<Record<string, string | undefined>>) => {
      const config = loadConfig({
        flags: Object.fromEntries(attributes.map(({ name, attribute }) => [name, values[attribute]])),
        environment: cli.environment,
        readFile: cli.files.readText,
        isTerminal: cli.terminal.outIsTerminal,
      });
      const { serve } = await import("@akidb/server");
      await serve(config, {
        command: "akidb serve",
        showKey: (key) =>
          cli.terminal.note(
            `The first admin key, shown this once; keep it, there is no other way in:\n\n  ${key}\n`,
          ),
      });
    });
}
