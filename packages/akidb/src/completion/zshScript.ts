import type { CompletedCommand } from "./completedCommands.ts";

export function zshScript(commands: readonly CompletedCommand[]): string {
  const paths = commands.slice(1).map(({ path }) => `'${path.join(" ")}'`);
  const cases = commands.map(({ path, options, subcommands }) => {
    const named = [
      ...subcommands.map(({ name, summary }) => `'${name}:${summary}'`),
      ...options.flatMap(({ flags, summary }) => flags.map((flag) => `'${flag}:${summary}'`)),
    ];
    return `    '${path.join(" ")}') candidates=(${named.join(" ")});;`;
  });
  return `#compdef akidb
_akidb() {
  local trail='' next word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
    next="\${trail:+$trail }$word"
    case "$next" in
    ${paths.join("|")}) trail="$next";;
    esac
  done
  case "$trail" in
${cases.join("\n")}
  esac
  _describe 'akidb' candidates || _files
}
compdef _akidb akidb
`;
}
