import type { AkiDbError } from "@akidb/base";

/** Index and reason of each text that a model names as bad; undefined if it says something else. */
export function refusedTexts({ code, violations }: AkiDbError): ReadonlyMap<number, string> | undefined {
  if (code !== "invalid_argument") return undefined;
  const refused = violations.flatMap(({ path, detail }) => {
    const index = /^texts\[(\d+)\]$/.exec(path)?.[1];
    return index === undefined ? [] : [[Number(index), detail] as const];
  });
  return refused.length === 0 ? undefined : new Map(refused);
}
