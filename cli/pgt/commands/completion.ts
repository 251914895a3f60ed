import type { Command } from "commander";
import { OperatorError } from "../../operatorError.ts";

/** What a shell has to know of a command. */
export interface Completion {
  readonly name: string;
  readonly description: string;
  readonly options: readonly string[];
  /** Whether its first argument is a tenant. */
  readonly takesTenant: boolean;
}

export const shells = ["bash", "zsh", "fish"] as const;

/** What the shells are told, from the commands themselves, so that it cannot be out of date. */
export function completionsOf(program: Command): Completion[] {
  const shared = program.options.flatMap(({ long }) => long ?? []);
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options.flatMap(({ long }) => long ?? []), ...shared],
    takesTenant: command.registeredArguments[0]?.name() === "id" && command.name() !== "create",
  }));
}

/** A script that completes commands, options and, from tenants.yaml, ids. */
export function renderCompletion(shell: (typeof shells)[number], completions: readonly Completion[]): string {
  switch (shell) {
    case "bash":
      return bash(completions);
    case "zsh":
      // zsh runs bash's own way of completing.
      return `#compdef pgt\nautoload -U +X bashcompinit && bashcompinit\n${bash(completions)}`;
    case "fish":
      return fish(completions);
    default:
      return shell satisfies never;
  }
}

/** @throws OperatorError for another shell. */
export function parseShell(name: string): (typeof shells)[number] {
  const shell = shells.find((known) => known === name);
  if (shell === undefined)
    throw new OperatorError(`got "${name}", expected ${shells.join(", ")}`, "pgt completion bash");
  return shell;
}

/** Names and options are ours: letters and dashes, nothing that a shell reads. */
function bash(completions: readonly Completion[]): string {
  const options = completions.map(({ name, options }) => `    ${name}) words="${options.join(" ")}" ;;`);
  const tenants = completions.filter(({ takesTenant }) => takesTenant).map(({ name }) => name);
  return `_pgt() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${completions.map(({ name }) => name).join(" ")}"
  elif [ "\${current#-}" != "$current" ]; then
    case $command in
${options.map((line) => `  ${line}`).join("\n")}
    esac
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case $command in
      ${tenants.join("|")}) words=$("\${COMP_WORDS[0]}" list --ids 2>/dev/null) ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _pgt pgt ./pgt
`;
}

function fish(completions: readonly Completion[]): string {
  const lines = completions.flatMap(({ name, description, options, takesTenant }) => [
    `complete -c pgt -n __fish_use_subcommand -f -a ${name} -d ${fishWord(description)}`,
    ...options.map((option) => `complete -c pgt -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`),
    ...(takesTenant
      ? [`complete -c pgt -n '__fish_seen_subcommand_from ${name}' -f -a '(pgt list --ids 2>/dev/null)'`]
      : []),
  ]);
  return `${lines.join("\n")}\n`;
}

function fishWord(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
