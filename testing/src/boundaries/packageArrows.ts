import { importsOf } from "./moduleImports.ts";
import { type Project, packageOf } from "./project.ts";
import type { Violation } from "./violation.ts";
import type { WorkspacePackage } from "./workspacePackage.ts";

/** Names of the packages that each package may import. */
export type Arrows = Readonly<Record<string, readonly string[] | "any">>;

/**
 * Packages of the workspace import only along the arrows, types included; package.json and tsconfig.json of each name
 * exactly those that its files import.
 */
export function packageArrows(project: Project, arrows: Arrows): readonly Violation[] {
  const known = new Map(project.packages.map((each) => [each.name, each]));
  const used = new Map(project.packages.map((each) => [each, new Set<WorkspacePackage>()]));
  const violations: Violation[] = [];
  for (const { module, imported, target } of importsOf(project)) {
    const from = packageOf(project, module.path);
    const to = target.kind === "package" ? known.get(target.name) : undefined;
    if (from === undefined || to === undefined) continue;
    used.get(from)?.add(to);
    if (isAllowed(arrows, from, to)) continue;
    violations.push({
      path: module.path,
      line: imported.line,
      problem:
        from === to
          ? `imports its own package ${to.name} by name`
          : `imports ${to.name}: no arrow leads there from ${from.name}`,
    });
  }
  const declared = project.packages.flatMap((each) =>
    declarationViolations(each, used.get(each) ?? new Set(), project, arrows),
  );
  return [...violations, ...declared];
}

function isAllowed(arrows: Arrows, from: WorkspacePackage, to: WorkspacePackage): boolean {
  const targets = arrows[from.name] ?? [];
  return from !== to && (targets === "any" || targets.includes(to.name));
}

function declarationViolations(
  from: WorkspacePackage,
  used: ReadonlySet<WorkspacePackage>,
  { packages }: Project,
  arrows: Arrows,
): readonly Violation[] {
  const manifest = `${from.folder}/package.json`;
  const compilerConfig = `${from.folder}/tsconfig.json`;
  const violations: Violation[] = [];
  if (arrows[from.name] === undefined) {
    violations.push({ path: manifest, problem: `${from.name} is missing from the table of arrows` });
  }
  for (const to of packages.filter((each) => each !== from)) {
    const isUsed = used.has(to);
    const isDependency = [...from.dependencies, ...from.devDependencies].includes(to.name);
    const isReference = from.references.includes(to.folder);
    // What may import anything builds everything: its tests start programs that nobody imports.
    const mayBeUnused = arrows[from.name] === "any";
    if (isDependency && !isAllowed(arrows, from, to)) {
      violations.push({ path: manifest, problem: `depends on ${to.name}: no arrow leads there` });
    }
    if (isUsed && !isDependency)
      violations.push({ path: manifest, problem: `lacks ${to.name}, which is imported` });
    if (isUsed && !isReference) {
      violations.push({
        path: compilerConfig,
        problem: `lacks a reference to ${to.folder}, which is imported`,
      });
    }
    if (mayBeUnused || isUsed) continue;
    if (isDependency)
      violations.push({ path: manifest, problem: `depends on ${to.name}, which nothing imports` });
    if (isReference) {
      violations.push({ path: compilerConfig, problem: `references ${to.folder}, which nothing imports` });
    }
  }
  return violations;
}
