import { posix } from "node:path";
import type { Project } from "./project.ts";
import type { ModuleImport, SourceModule } from "./sourceModule.ts";
import { parseSpecifier, type Specifier } from "./specifier.ts";

/** One import of one file, with its specifier understood. */
export interface ResolvedImport {
  readonly module: SourceModule;
  readonly imported: ModuleImport;
  readonly target: Specifier;
}

/** Every import of the project but the computed ones. */
export const importsOf = (project: Project): readonly ResolvedImport[] =>
  project.modules.flatMap((module) =>
    module.imports.flatMap((imported) =>
      imported.specifier === undefined
        ? []
        : [{ module, imported, target: parseSpecifier(imported.specifier) }],
    ),
  );

/** The path that a relative import of `from` means. */
export const resolveRelative = (from: string, path: string): string => posix.join(posix.dirname(from), path);
