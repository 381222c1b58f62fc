import type { CompletedCommand } from "./completedCommands.ts";

/** Works with the bash 3.2 of macOS, and needs no bash-completion. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const words = commands.map(
    ({ path, options, subcommands }) =>
      `    "${path.join(" ")}") words="${[...subcommands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)].join(" ")}";;`,
  );
  const paths = commands.map(({ path }) => `"${path.join(" ")}"`);
  const values = new Set(
    commands.flatMap(({ options }) =>
      options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags),
    ),
  );
  return `# akidb completion bash
_akidb() {
  local word current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" next words="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${paths.slice(1).join("|")}) path="$next";;
    esac
  done
  case "$previous" in
    ${[...values].join("|")}) COMPREPLY=($(compgen -f -- "$current")); return;;
  esac
  case "$path" in
${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
  return 0
}
complete -F _akidb akidb
`;
}
