import { makeProject, type Project } from "./project.ts";
import type { WorkspacePackage } from "./workspacePackage.ts";

/** A workspace in memory of `packages/a`, which nobody imports yet, and `packages/b`, for the rules' own tests. */
export function exampleProject(
  sources: Readonly<Record<string, string>>,
  changes: { readonly a?: Partial<WorkspacePackage>; readonly b?: Partial<WorkspacePackage> } = {},
): Project {
  const make = (name: string, changed: Partial<WorkspacePackage> = {}): WorkspacePackage => ({
    name: `@akidb/${name}`,
    folder: `packages/${name}`,
    exports: ["."],
    dependencies: [],
    devDependencies: [],
    peerDependencies: [],
    references: [],
    ...changed,
  });
  const files = Object.entries(sources).map(([path, source]) => ({ path, source }));
  return makeProject(files, [make("a", changes.a), make("b", changes.b)], ["vitest"]);
}
