import type { FieldViolation } from "@akidb/base";
import { parse, TomlDate, TomlError, type TomlTable, type TomlValue } from "smol-toml";
import { type ConfigOption, configOptions, optionsByName } from "./configOption.ts";
import { nearest, suggestion } from "./nearest.ts";
import { optionTable } from "./optionTable.ts";
import type { GivenValue } from "./optionValue.ts";
import type { SourceReading } from "./sourceReading.ts";

/** @param path as the operator named the file: it stands in every complaint */
export function readConfigFile(path: string, text: string): SourceReading {
  const given = new Map<ConfigOption, GivenValue>();
  const problems: FieldViolation[] = [];
  const parsed = parseToml(path, text);
  if (!parsed.ok) return { given, problems: [parsed.problem] };
  for (const [section, table] of Object.entries(parsed.document)) {
    if (!isTable(table)) problems.push(misplacedKey(path, section));
    else if (!Object.hasOwn(optionTable, section)) problems.push(unknownSection(path, section));
    else readSection(section, table);
  }
  return { given, problems };

  function readSection(section: string, table: TomlTable): void {
    for (const [key, raw] of Object.entries(table)) {
      const name = `${section}.${key}`;
      const option = optionsByName.get(name);
      if (option !== undefined) given.set(option, { source: path, raw });
      else if (!Object.hasOwn(optionTable, name)) problems.push(unknownKey(path, section, key));
      else if (isTable(raw)) readSection(name, raw);
      else problems.push(misplacedKey(path, name));
    }
  }
}

type ParsedToml =
  | { readonly ok: true; readonly document: TomlTable }
  | { readonly ok: false; readonly problem: FieldViolation };

function parseToml(path: string, text: string): ParsedToml {
  try {
    return { ok: true, document: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The first line says what is wrong; the rest repeats the text around it.
    const detail = error.message.split("\n", 1)[0] as string;
    return { ok: false, problem: { path: `${path}:${error.line}:${error.column}`, detail } };
  }
}

const isTable = (value: TomlValue | undefined): value is TomlTable =>
  typeof value === "object" && !Array.isArray(value) && !(value instanceof TomlDate);

/** Outside of any section, or a section's name given a value that is no table. */
function misplacedKey(path: string, key: string): FieldViolation {
  const detail = Object.hasOwn(optionTable, key)
    ? `must be a table in ${path}, written [${key}]`
    : `unknown option in ${path}${suggestion(nearest(key, allNames))}`;
  return { path: key, detail };
}

function unknownSection(path: string, section: string): FieldViolation {
  const meant = nearest(section, Object.keys(optionTable));
  return { path: `[${section}]`, detail: `unknown section in ${path}${suggestion(meant && `[${meant}]`)}` };
}

function unknownKey(path: string, section: string, key: string): FieldViolation {
  const siblings = configOptions.filter((option) => option.section === section).map((option) => option.key);
  const sibling = nearest(key, siblings);
  const meant = sibling === undefined ? nearest(key, allNames) : `${section}.${sibling}`;
  return { path: `${section}.${key}`, detail: `unknown option in ${path}${suggestion(meant)}` };
}

const allNames = [...optionsByName.keys()];
