import type { FieldViolation } from "@akidb/base";
import { optionsByFlag } from "./configOption.ts";
import { nearest, suggestion } from "./nearest.ts";
import { readNamedTexts, type SourceReading } from "./sourceReading.ts";

/** The text given to each flag, by its name with dashes: `{"--rest-port": "8080"}`. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** Names the TOML file. */
export const configFileFlag = "--config";

export function readFlags(flags: Flags): SourceReading {
  const texts = new Map<string, string>();
  const unknown: FieldViolation[] = [];
  for (const [name, text] of Object.entries(flags)) {
    if (text === undefined || name === configFileFlag) continue;
    if (optionsByFlag.has(name)) texts.set(name, text);
    else unknown.push({ path: name, detail: `unknown flag${suggestion(nearestFlag(name))}` });
  }
  const { given, problems } = readNamedTexts((option) => option.flags, texts);
  return { given, problems: [...unknown, ...problems] };
}

const nearestFlag = (name: string): string | undefined =>
  nearest(name, [...optionsByFlag.keys(), configFileFlag]);
