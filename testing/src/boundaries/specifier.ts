import { isBuiltin } from "node:module";

/** What the text after `from` means. */
export type Specifier =
  | { readonly kind: "relative"; readonly path: string }
  /** `node:fs`, also for plain `fs` */
  | { readonly kind: "builtin"; readonly name: string }
  /** `@akidb/base/inner` is `name` @akidb/base and `subpath` ./inner; without more, `subpath` is `.` */
  | { readonly kind: "package"; readonly name: string; readonly subpath: string };

export function parseSpecifier(specifier: string): Specifier {
  if (/^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier))
    return { kind: "relative", path: specifier };
  if (isBuiltin(specifier)) return { kind: "builtin", name: `node:${specifier.replace(/^node:/, "")}` };
  const parts = specifier.split("/");
  const nameLength = specifier.startsWith("@") ? 2 : 1;
  return {
    kind: "package",
    name: parts.slice(0, nameLength).join("/"),
    subpath: [".", ...parts.slice(nameLength)].join("/"),
  };
}
