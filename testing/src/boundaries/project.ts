import { parseModule, type SourceFile, type SourceModule } from "./sourceModule.ts";
import type { Violation } from "./violation.ts";
import type { WorkspacePackage } from "./workspacePackage.ts";

/** All that the rules look at: pure data, so that a rule's own test can make a bad one. */
export interface Project {
  readonly modules: readonly SourceModule[];
  readonly packages: readonly WorkspacePackage[];
  /** Names of the root's devDependencies: what any test may import. */
  readonly rootTools: readonly string[];
}

export type Rule = (project: Project) => readonly Violation[];

/** @param files TypeScript of `packages` */
export const makeProject = (
  files: readonly SourceFile[],
  packages: readonly WorkspacePackage[],
  rootTools: readonly string[],
): Project => ({ modules: files.map(parseModule), packages, rootTools });

/** @returns undefined for a file outside of every package */
export const packageOf = (project: Project, path: string): WorkspacePackage | undefined =>
  project.packages.find(({ folder }) => path.startsWith(`${folder}/`));

/** What runs beside the product and never in it: tests and what they share, contract suites and all of `testing/`. */
export const isTest = (path: string): boolean =>
  path.startsWith("testing/") || /\.(test(\.[a-z]+)?|contract)\.ts$/.test(path);
