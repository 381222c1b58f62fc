import { type ConfigOption, configOptions } from "./configOption.ts";
import { describeDefault, describeRange } from "./describeOption.ts";
import type { OptionSpec, SectionSpec } from "./optionSpec.ts";
import { optionTable } from "./optionTable.ts";

const columns = 110;

/**
 * `config.example.toml`: every option with its help, commented out. Lines of prose begin with `# `, lines of TOML with
 * `#`, so that removing the bare `#` from all of the latter gives the defaults.
 */
export function exampleToml(): string {
  const introduction = wrap(
    "Every option of the AkiDB server with its default. Copy this file, remove the # before what you change and before its " +
      "[section], and name the copy with --config or AKIDB_CONFIG. Environment variables override the file, flags override both.",
  );
  const sections = Object.entries<SectionSpec>(optionTable).map(([section, { title }]) => {
    const options = configOptions.filter((option) => option.section === section).map(optionLines);
    return [`# ${title}`, `#[${section}]`, ...options.flatMap((lines) => ["", ...lines])];
  });
  const lines = [introduction, ...sections].flatMap((block, i) => (i === 0 ? block : ["", ...block]));
  return `${lines.join("\n")}\n`;
}

function optionLines({ key, spec, env }: ConfigOption): readonly string[] {
  const facts = [allowed(spec), `Default: ${describeDefault(spec)}.`, `Environment: ${env.join(", ")}.`];
  return [...wrap(`${spec.help}.`), ...wrap(facts.join(" ").trim()), `#${key} = ${tomlDefault(spec)}`];
}

function allowed(spec: OptionSpec): string {
  if (spec.type === "enum") return `One of ${spec.values.join(", ")}.`;
  if (spec.type === "number") return `From ${spec.min} to ${spec.max}.`;
  if (spec.type !== "integer") return "";
  return `From ${describeRange(spec)}.`;
}

/** JSON's strings, numbers and lists are TOML's, too. */
function tomlDefault(spec: OptionSpec): string {
  if (spec.type === "optional list") return "[]";
  return JSON.stringify(spec.type === "optional string" ? "" : spec.default);
}

/** Breaks prose between words. */
function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line !== "#" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
