import { importsOf } from "./moduleImports.ts";
import { isTest, type Project, packageOf } from "./project.ts";
import type { Violation } from "./violation.ts";

/** Packages that run in browsers import nothing of Node, not even its types. */
export const browserSafety = (project: Project, packageNames: readonly string[]): readonly Violation[] =>
  importsOf(project).flatMap(({ module: { path }, imported: { line }, target }) => {
    const { name } = packageOf(project, path) ?? {};
    if (name === undefined || !packageNames.includes(name) || isTest(path) || target.kind !== "builtin")
      return [];
    return [{ path, line, problem: `imports ${target.name}: ${name} runs in browsers` }];
  });
