import { AkiDbError, describeViolation, type FieldViolation, isAkiDbError } from "@akidb/base";
import { type Config, camelCase } from "./config.ts";
import { readConfigFile } from "./configFile.ts";
import { type ConfigOption, configOptions } from "./configOption.ts";
import { configFileVariable, type Environment, readEnvironment } from "./environment.ts";
import { configFileFlag, type Flags, readFlags } from "./flags.ts";
import { relationProblems } from "./optionRelations.ts";
import type { OptionValue } from "./optionSpec.ts";
import { checkValue } from "./optionValue.ts";
import type { SourceReading } from "./sourceReading.ts";

export interface ConfigSources {
  readonly flags: Flags;
  readonly environment: Environment;
  /** The text of a file, decoded as UTF-8; throws where it cannot be read. */
  readonly readFile: (path: string) => string;
  /** Whether the log is read by a person. */
  readonly isTerminal: boolean;
}

/**
 * Flags over environment over the TOML file over defaults. A file is read only where `--config` or `AKIDB_CONFIG` names
 * one: a `config.toml` that happens to lie in the working directory is more often somebody else's.
 *
 * @throws AkiDbError `invalid_argument` that lists every unknown name and every bad value of all sources, also of
 *   values that another source overrides
 */
export function loadConfig({ flags, environment, readFile, isTerminal }: ConfigSources): Config {
  // From the weakest source to the strongest.
  const readings = [
    readNamedFile(flags, environment, readFile),
    readEnvironment(environment),
    readFlags(flags),
  ];
  const values = new Map(configOptions.map((option) => [option, defaultValue(option, isTerminal)]));
  const problems: FieldViolation[] = [];
  for (const reading of readings) {
    problems.push(...reading.problems);
    for (const [option, given] of reading.given) {
      const checked = checkValue(option.name, option.spec, given);
      if (checked.ok) values.set(option, checked.value);
      else problems.push(checked.problem);
    }
  }
  if (problems.length > 0) throw badConfiguration(problems);
  const config = nest(values);
  const contradictions = relationProblems(config);
  if (contradictions.length > 0) throw badConfiguration(contradictions);
  return config;
}

const nothing: SourceReading = { given: new Map(), problems: [] };

function readNamedFile(
  flags: Flags,
  environment: Environment,
  readFile: ConfigSources["readFile"],
): SourceReading {
  const [source, path] =
    flags[configFileFlag] === undefined
      ? [configFileVariable, environment[configFileVariable]]
      : [configFileFlag, flags[configFileFlag]];
  // An empty variable is an unset one; an empty flag is a mistake that reading reports.
  if (path === undefined || (path === "" && source === configFileVariable)) return nothing;
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    return { ...nothing, problems: [unreadableFile(source, path, error)] };
  }
  return readConfigFile(path, text);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  not_found: "does not exist",
  EISDIR: "is a directory",
  EACCES: "cannot be read by this user (EACCES)",
};

function unreadableFile(source: string, path: string, error: unknown): FieldViolation {
  const origin = isAkiDbError(error) ? (error.cause ?? error) : error;
  const code = origin instanceof Error && "code" in origin ? String(origin.code) : "unknown error";
  const reason = reasons[code] ?? `cannot be read (${code})`;
  return { path: source, detail: `the file ${JSON.stringify(path)} ${reason}` };
}

function defaultValue({ spec }: ConfigOption, isTerminal: boolean): OptionValue {
  if (spec.type === "optional string" || spec.type === "optional list") return undefined;
  if (spec.type === "enum" && isTerminal) return spec.defaultOnTerminal ?? spec.default;
  return spec.default;
}

/** The table makes both the type and the value, so that they agree without the compiler's help. */
function nest(values: ReadonlyMap<ConfigOption, OptionValue>): Config {
  const sections: Record<string, Record<string, OptionValue>> = {};
  for (const [{ section, key }, value] of values) {
    const name = camelCase(section);
    sections[name] = { ...sections[name], [camelCase(key)]: value };
  }
  return sections as Config;
}

function badConfiguration(problems: readonly FieldViolation[]): AkiDbError {
  const lines = problems.map(describeViolation);
  const message =
    lines.length === 1
      ? (lines[0] as string)
      : `${lines.length} problems in the configuration:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return new AkiDbError("invalid_argument", message, { violations: problems });
}
