import { readdirSync, readFileSync } from "node:fs";

export interface StoredCheckpoint {
  readonly name: string;
  /** Of the index, dead ones included: fewer than in an older checkpoint tell of a compaction. */
  readonly rowCount: number;
  readonly segmentCount: number;
}

interface Manifest {
  readonly row_count: number;
  readonly files: readonly { readonly name: string }[];
}

/** The checkpoints of a collection that are complete, oldest first; it may be open meanwhile. */
export function storedCheckpoints(collectionDirectory: string): readonly StoredCheckpoint[] {
  const root = `${collectionDirectory}/checkpoint`;
  return namesIn(root)
    .filter((name) => /^\d{20}(-\d+)?$/.test(name))
    .sort()
    .flatMap((name) => {
      const manifest = readManifest(`${root}/${name}/MANIFEST.json`);
      if (manifest === undefined) return [];
      const segmentCount = manifest.files.filter((file) => file.name.startsWith("segment-")).length;
      return [{ name, rowCount: manifest.row_count, segmentCount }];
    });
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Undefined while it is being written, and when it was removed meanwhile. */
function readManifest(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
