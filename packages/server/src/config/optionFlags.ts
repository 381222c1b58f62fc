import { assertNever } from "@akidb/base";
import { type ConfigOption, configOptions } from "./configOption.ts";
import { describeDefault } from "./describeOption.ts";
import { configFileVariable } from "./environment.ts";
import { configFileFlag } from "./flags.ts";
import type { OptionSpec, SectionSpec } from "./optionSpec.ts";
import { optionTable } from "./optionTable.ts";

/** A command-line flag of `serve`. Each takes one value, which goes to `loadConfig` as text under `name`. */
export interface OptionFlag {
  /** `--rest-port` */
  readonly name: string;
  /** `N`, without brackets */
  readonly placeholder: string;
  /** Ends with the default and the environment variable. */
  readonly help: string;
  /** Heading of the flag's group in help. */
  readonly group: string;
  /** Help shows one form of each option; the others work, too. */
  readonly hidden: boolean;
}

/** In the order of the option table. */
export const optionFlags: readonly OptionFlag[] = [
  {
    name: configFileFlag,
    placeholder: "FILE",
    help: `Read options from a TOML file (${configFileVariable})`,
    group: "Configuration file",
    hidden: false,
  },
  ...configOptions.flatMap((option) => option.flags.map((name, i) => optionFlag(option, name, i > 0))),
];

function optionFlag({ spec, section, env }: ConfigOption, name: string, hidden: boolean): OptionFlag {
  const sections: { readonly [section: string]: SectionSpec } = optionTable;
  return {
    name,
    placeholder: placeholder(spec),
    help: `${spec.help} (default: ${describeDefault(spec)}; ${env[0]})`,
    group: sections[section]?.title ?? section,
    hidden,
  };
}

function placeholder(spec: OptionSpec): string {
  switch (spec.type) {
    case "boolean":
      return "true|false";
    case "integer":
      return spec.unit?.toUpperCase() ?? "N";
    case "number":
      return "N";
    case "enum":
      return spec.values.join("|");
    case "string":
    case "optional string":
    case "optional list":
    case "path":
      return spec.placeholder;
    default:
      return assertNever(spec);
  }
}
