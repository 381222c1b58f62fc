import { requireApart } from "../adapters/dataDirectory.ts";
import { SourceFiles } from "../adapters/sourceFiles.ts";
import type { MigrationPlaces } from "../migrationOptions.ts";
import { Problems } from "./problems.ts";
import { readV1Directory } from "./readV1Directory.ts";
import type { V1Directory } from "./v1Directory.ts";

export interface OpenV1Directory {
  readonly files: SourceFiles;
  readonly source: V1Directory;
}

/**
 * The files of 1.x, and all of its manifests, each of which is sound.
 *
 * Rejects with `not_found` where there is no such directory, and with `invalid_argument` for the manifests, and where one of
 * both directories lies in the other.
 */
export async function openV1Directory({
  v1Directory,
  v2Directory,
}: Pick<MigrationPlaces, "v1Directory" | "v2Directory">): Promise<OpenV1Directory> {
  requireApart(v1Directory, v2Directory);
  const files = await SourceFiles.open(v1Directory);
  const problems = new Problems();
  const source = await readV1Directory(files, problems);
  problems.check();
  return { files, source };
}
