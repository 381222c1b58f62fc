import { assert } from "@akidb/base";
import type { OptionSpec, SectionSpec } from "./optionSpec.ts";
import { optionTable } from "./optionTable.ts";

/** An option of the table with all of its names. */
export interface ConfigOption {
  /** `server.rest_port` */
  readonly name: string;
  /** As TOML has it: `embedding.next` is a table of `embedding`. */
  readonly section: string;
  readonly key: string;
  readonly spec: OptionSpec;
  /** The short forms first: `AKIDB_REST_PORT`, `AKIDB_SERVER_REST_PORT`. */
  readonly env: readonly string[];
  /** The short forms first: `--rest-port`, `--port`, `--server-rest-port`; none for a secret. */
  readonly flags: readonly string[];
}

/** In the order of the table. */
export const configOptions: readonly ConfigOption[] = Object.entries<SectionSpec>(optionTable).flatMap(
  ([section, { options }]) => Object.entries(options).map(([key, spec]) => configOption(section, key, spec)),
);

function configOption(section: string, key: string, spec: OptionSpec): ConfigOption {
  const { shortEnv = [], shortFlags = [], isSecret = false } = spec;
  const longFlag = `--${section}-${key}`.replaceAll(/[._]/g, "-");
  const longEnv = `AKIDB_${section}_${key}`.replaceAll(".", "_").toUpperCase();
  return {
    name: `${section}.${key}`,
    section,
    key,
    spec,
    env: [...shortEnv, longEnv],
    flags: isSecret ? [] : [...shortFlags, longFlag],
  };
}

/** Each environment variable, and each flag, means one option. */
const byName = (names: (option: ConfigOption) => readonly string[]): ReadonlyMap<string, ConfigOption> => {
  const pairs = configOptions.flatMap((option) => names(option).map((name) => [name, option] as const));
  const map = new Map(pairs);
  assert(map.size === pairs.length, "no two options share a name");
  return map;
};

export const optionsByName = byName((option) => [option.name]);
export const optionsByEnv = byName((option) => option.env);
export const optionsByFlag = byName((option) => option.flags);
