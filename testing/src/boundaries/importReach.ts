import { importsOf, resolveRelative } from "./moduleImports.ts";
import { type Project, packageOf } from "./project.ts";
import type { Violation } from "./violation.ts";

/** A file reaches its own package by relative paths and others by their exports, and says which file it imports. */
export function importReach(project: Project): readonly Violation[] {
  const exportsOf = new Map(project.packages.map((each) => [each.name, each.exports]));
  const computed = project.modules.flatMap(({ path, imports }) =>
    imports
      .filter(({ specifier }) => specifier === undefined)
      .map(({ line }) => ({ path, line, problem: "computes what it imports, which no rule can follow" })),
  );
  const strayed = importsOf(project).flatMap(({ module: { path }, imported: { line }, target }) => {
    if (target.kind === "relative") {
      const stays = packageOf(project, resolveRelative(path, target.path)) === packageOf(project, path);
      const problem = `imports ${target.path}, which is outside of its package`;
      return stays && !target.path.startsWith("/") ? [] : [{ path, line, problem }];
    }
    if (target.kind === "builtin") return [];
    const exported = exportsOf.get(target.name) ?? [target.subpath];
    const problem = `imports ${target.subpath} of ${target.name}, which exports only ${exported.join(", ")}`;
    return exported.includes(target.subpath) ? [] : [{ path, line, problem }];
  });
  return [...computed, ...strayed];
}
