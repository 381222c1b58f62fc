import type { SourceEntry, SourceFiles } from "../adapters/sourceFiles.ts";
import type { Problems } from "./problems.ts";

export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

export interface FoundCollection {
  /** Its directory. */
  readonly path: string;
  readonly files: readonly FoundFile[];
}

/** `<tenant>/collections` */
export interface FoundCollections {
  /** The directory of the tenant; empty for the directory of 1.x itself. */
  readonly tenantPath: string;
  readonly collections: readonly FoundCollection[];
}

export interface FoundManifests {
  /** JSON files that may be tenants' manifests. */
  readonly candidates: readonly FoundFile[];
  readonly collections: readonly FoundCollections[];
  /** What is certainly none of them. */
  readonly others: readonly string[];
}

/**
 * Looks through a directory of 1.x, links included. What cannot be read is noted, and so is a link to what is found
 * elsewhere, for it would count twice or have no end.
 */
export async function findManifests(files: SourceFiles, problems: Problems): Promise<FoundManifests> {
  const candidates: FoundFile[] = [];
  const collections: FoundCollections[] = [];
  const others: string[] = [];
  const seen = new Map<string, string>();

  async function* entriesOf(directory: string): AsyncGenerator<SourceEntry & { readonly path: string }> {
    for (const name of await noting(() => files.names(directory), [])) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const entry = await noting(() => files.entry(path), undefined);
      if (entry === undefined) continue;
      const other = seen.get(entry.realPath);
      if (other === undefined) {
        seen.set(entry.realPath, path);
        yield { ...entry, path };
      } else {
        problems.add(path, "", `is a link to what is at ${JSON.stringify(other)} already`);
      }
    }
  }

  async function noting<Result>(work: () => Promise<Result>, otherwise: Result): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      problems.addError("", error);
      return otherwise;
    }
  }

  async function walk(directory: string): Promise<void> {
    for await (const { kind, name, path, bytes } of entriesOf(directory)) {
      if (kind === "directory" && name === "collections")
        collections.push(await collectionsOf(directory, path));
      else if (kind === "directory") await walk(path);
      else if (kind === "file" && name.endsWith(".json")) candidates.push({ path, bytes });
      else others.push(path);
    }
  }

  async function collectionsOf(tenantPath: string, directory: string): Promise<FoundCollections> {
    const found: FoundCollection[] = [];
    for await (const { kind, path } of entriesOf(directory)) {
      if (kind !== "directory") others.push(path);
      else found.push({ path, files: await filesOf(path) });
    }
    return { tenantPath, collections: found };
  }

  async function filesOf(directory: string): Promise<readonly FoundFile[]> {
    const found: FoundFile[] = [];
    for await (const { kind, path, bytes } of entriesOf(directory)) {
      if (kind === "file") found.push({ path, bytes });
      else others.push(path);
    }
    return found;
  }

  const root = await files.entry("");
  seen.set(root.realPath, ".");
  await walk("");
  return { candidates, collections, others };
}
