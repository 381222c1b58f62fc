import { importsOf } from "./moduleImports.ts";
import { isTest, type Project, packageOf } from "./project.ts";
import type { Violation } from "./violation.ts";
import type { WorkspacePackage } from "./workspacePackage.ts";

/**
 * Packages from outside of the workspace are imported only where package.json names them, and named only where they are
 * imported: npm's hoisting lets an undeclared import work here and fail at the user's.
 */
export function declaredLibraries(project: Project): readonly Violation[] {
  const ownNames = new Set(project.packages.map(({ name }) => name));
  const used = new Map(project.packages.map((each) => [each, new Set<string>()]));
  const violations: Violation[] = [];
  for (const { module, imported, target } of importsOf(project)) {
    const from = packageOf(project, module.path);
    if (from === undefined || target.kind !== "package" || ownNames.has(target.name)) continue;
    used.get(from)?.add(target.name);
    if (mayImport(project, from, module.path).includes(target.name)) continue;
    const problem = `imports ${target.name}, which ${from.folder}/package.json does not list`;
    violations.push({ path: module.path, line: imported.line, problem });
  }
  for (const [{ folder, dependencies, devDependencies, peerDependencies }, names] of used) {
    for (const name of new Set([...dependencies, ...devDependencies, ...peerDependencies])) {
      if (ownNames.has(name) || name.startsWith("@types/") || names.has(name)) continue;
      violations.push({
        path: `${folder}/package.json`,
        problem: `depends on ${name}, which nothing imports`,
      });
    }
  }
  return violations;
}

function mayImport(project: Project, from: WorkspacePackage, path: string): readonly string[] {
  const atUsers = [...from.dependencies, ...from.peerDependencies];
  return isTest(path) ? [...atUsers, ...from.devDependencies, ...project.rootTools] : atUsers;
}
