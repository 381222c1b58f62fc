import { checkpointDamage } from "../checkpoint/checkpointDamage.ts";
import type { FileContents } from "../checkpoint/fileContents.ts";
import { storedContents } from "../checkpoint/storedContents.ts";
import type { CollectionVerification, FoundProblem } from "./collectionVerification.ts";

export interface ListedFile extends FileContents {
  readonly name: string;
}

/** @param at the directory of the manifest that lists them, below the collection's */
export async function verifyListedFiles(
  { disk, directory, progress }: CollectionVerification,
  at: string,
  files: readonly ListedFile[],
): Promise<readonly FoundProblem[]> {
  const problems: FoundProblem[] = [];
  for (const { name, bytes, checksum } of files) {
    const file = `${at}/${name}`;
    try {
      const found = await storedContents(disk, `${directory}/${file}`, progress.onRead);
      if (found.bytes !== bytes) {
        problems.push({ file, problem: `is ${found.bytes} bytes long, not ${bytes}` });
      } else if (found.checksum !== checksum) {
        problems.push({ file, problem: "does not match its checksum" });
      }
    } catch (error) {
      const damage = checkpointDamage(error, at);
      if (damage === undefined) throw error;
      problems.push({ file, problem: damage.reason });
    }
    progress.onFile();
  }
  return problems;
}
