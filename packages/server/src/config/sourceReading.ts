import type { FieldViolation } from "@akidb/base";
import { type ConfigOption, configOptions } from "./configOption.ts";
import { type GivenValue, rawFromText } from "./optionValue.ts";

/** All that one source says, and what is wrong with it; nothing is thrown, so that a load reports every problem. */
export interface SourceReading {
  readonly given: ReadonlyMap<ConfigOption, GivenValue>;
  readonly problems: readonly FieldViolation[];
}

/**
 * Of options that may be given under several names, as environment variables and flags may: more than one name is fine
 * as long as they agree.
 */
export function readNamedTexts(
  names: (option: ConfigOption) => readonly string[],
  texts: ReadonlyMap<string, string>,
): SourceReading {
  const given = new Map<ConfigOption, GivenValue>();
  const problems: FieldViolation[] = [];
  for (const option of configOptions) {
    const used = names(option).filter((name) => texts.has(name));
    const [source] = used;
    if (source === undefined) continue;
    const text = texts.get(source) as string;
    if (used.some((name) => texts.get(name) !== text)) {
      problems.push({ path: option.name, detail: `${used.join(" and ")} differ; give one of them` });
    } else {
      given.set(option, { source, raw: rawFromText(option.spec, text) });
    }
  }
  return { given, problems };
}
