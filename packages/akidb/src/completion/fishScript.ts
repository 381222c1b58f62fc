import type { CompletedCommand } from "./completedCommands.ts";

export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ path, options, subcommands }) => {
    const condition = `-n '__akidb_is ${path.join(" ")}'`;
    return [
      ...subcommands.map(
        ({ name, summary }) => `complete -c akidb -f ${condition} -a ${name} -d '${summary}'`,
      ),
      ...options.map(
        ({ flags, summary, takesValue }) =>
          `complete -c akidb ${condition} ${flags.map(fishFlag).join(" ")}${takesValue ? " -r" : ""} -d '${summary}'`,
      ),
    ];
  });
  const paths = commands.slice(1).map(({ path }) => `'${path.join(" ")}'`);
  return `# akidb completion fish
function __akidb_is
    set -l trail ''
    for word in (commandline -opc)[2..-1]
        set -l next (string trim "$trail $word")
        contains -- $next ${paths.join(" ")}; and set trail $next
    end
    test "$trail" = "$argv"
end
${lines.join("\n")}
`;
}

const fishFlag = (flag: string): string =>
  flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
