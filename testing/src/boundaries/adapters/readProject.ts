import { globSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { makeProject, type Project } from "../project.ts";
import { parseWorkspacePackage } from "../workspacePackage.ts";

/** @param root the repository's folder */
export function readProject(root: string): Project {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const find = (pattern: string): readonly string[] =>
    globSync(pattern, { cwd: root })
      .map((path) => path.split(sep).join("/"))
      .sort();
  const { workspaces, devDependencies } = JSON.parse(read("package.json")) as {
    readonly workspaces: readonly string[];
    readonly devDependencies: Readonly<Record<string, string>>;
  };
  const files = workspaces
    .flatMap((folder) => find(`${folder}/src/**/*.ts`))
    .map((path) => ({ path, source: read(path) }));
  const packages = workspaces.map((folder) =>
    parseWorkspacePackage(folder, read(`${folder}/package.json`), read(`${folder}/tsconfig.json`)),
  );
  return makeProject(files, packages, Object.keys(devDependencies));
}
