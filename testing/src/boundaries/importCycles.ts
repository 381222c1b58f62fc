import { importsOf, resolveRelative } from "./moduleImports.ts";
import type { Project } from "./project.ts";
import type { Violation } from "./violation.ts";

/** No file imports itself by way of others, types included. Cycles between packages are the arrows' business. */
export function importCycles(project: Project): readonly Violation[] {
  const targets = new Map<string, string[]>(project.modules.map(({ path }) => [path, []]));
  for (const { module, target } of importsOf(project)) {
    if (target.kind === "relative") targets.get(module.path)?.push(resolveRelative(module.path, target.path));
  }
  const violations: Violation[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  /** Depth first: an edge to a file of the current trail closes a cycle, and every cycle has such an edge. */
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const cycle = [...trail.slice(start), path];
      violations.push({ path, problem: `is imported in a circle: ${cycle.join(" → ")}` });
    } else if (!finished.has(path)) {
      trail.push(path);
      for (const next of targets.get(path) ?? []) visit(next);
      trail.pop();
      finished.add(path);
    }
  };
  for (const path of targets.keys()) visit(path);
  return violations;
}
