import { importsOf } from "./moduleImports.ts";
import type { Project } from "./project.ts";
import type { Violation } from "./violation.ts";

/** A library's name, or the `@scope/` of several, and the only folders of `packages/` whose files may import it. */
export type LibraryHomes = readonly (readonly [library: string, ...homes: string[]])[];

/** What knows SQL, HTTP or the command line stays in one place. */
export const libraryHomes = (project: Project, homes: LibraryHomes): readonly Violation[] =>
  importsOf(project).flatMap(({ module: { path }, imported: { line }, target }) => {
    if (target.kind !== "package" || !path.startsWith("packages/")) return [];
    const { name } = target;
    const found = homes.find(
      ([library]) => library === name || (library.endsWith("/") && name.startsWith(library)),
    );
    if (found === undefined) return [];
    const [, ...folders] = found;
    if (folders.some((folder) => path.startsWith(`${folder}/`))) return [];
    return [{ path, line, problem: `imports ${name}, which belongs to ${folders.join(" and ")}` }];
  });
