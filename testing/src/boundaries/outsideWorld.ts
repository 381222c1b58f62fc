import { importsOf } from "./moduleImports.ts";
import { isTest, type Project } from "./project.ts";
import type { Violation } from "./violation.ts";

const outsideModules: ReadonlySet<string> = new Set([
  "node:child_process",
  "node:cluster",
  "node:dgram",
  "node:dns",
  "node:dns/promises",
  "node:fs",
  "node:fs/promises",
  "node:http",
  "node:http2",
  "node:https",
  "node:net",
  "node:os",
  "node:process",
  "node:tls",
]);

/** Where a process begins, it may hand itself to the parts that it wires together. */
const processMains = ["packages/akidb/src/main.ts", "packages/server/src/main.ts"];

/**
 * Disk, sockets, clock, chance and environment are handed in: only files in a folder called `adapters` touch the real
 * ones, and tests. Types of them are free.
 */
export function outsideWorld(project: Project): readonly Violation[] {
  const inside = project.modules.filter(({ path }) => !isTest(path) && !path.includes("/adapters/"));
  const imported = importsOf({ ...project, modules: inside }).flatMap(({ module, imported, target }) =>
    target.kind === "builtin" && outsideModules.has(target.name) && !imported.isType
      ? [{ path: module.path, line: imported.line, problem: `imports ${target.name} outside of adapters/` }]
      : [],
  );
  const used = inside.flatMap(({ path, ambientUses }) =>
    ambientUses
      .filter(({ what }) => !(processMains.includes(path) && /^process\b/.test(what)))
      .map(({ what, line }) => ({ path, line, problem: `uses ${what} outside of adapters/` })),
  );
  return [...imported, ...used];
}
