import { checkpointDamage } from "../checkpoint/checkpointDamage.ts";
import {
  type CheckpointManifest,
  decodeManifest,
  manifestFileName,
} from "../checkpoint/checkpointManifest.ts";
import { compareCheckpoints, parseCheckpointDirectoryName } from "../checkpoint/checkpointName.ts";
import { readWhole } from "../checkpoint/readWhole.ts";
import { payloadFileName } from "../payload/stored/payloadFile.ts";
import type { CollectionVerification, FoundProblem } from "./collectionVerification.ts";
import { verifyListedFiles } from "./verifyListedFiles.ts";

export interface VerifiedCheckpoints {
  /** The LSN of the newest one that is whole. */
  readonly wholeLsn: number | undefined;
  readonly problems: readonly FoundProblem[];
  /** Of files without which a checkpoint is whole all the same. */
  readonly sparedProblems: readonly FoundProblem[];
}

/** Every checkpoint, file by file. */
export async function verifyCheckpoints(verification: CollectionVerification): Promise<VerifiedCheckpoints> {
  const { disk, directory } = verification;
  const names = (await disk.list(`${directory}/checkpoint`)).filter(
    (name) => parseCheckpointDirectoryName(name) !== undefined,
  );
  names.sort((a, b) =>
    compareCheckpoints(parseCheckpointDirectoryName(a)!, parseCheckpointDirectoryName(b)!),
  );
  const problems: FoundProblem[] = [];
  const sparedProblems: FoundProblem[] = [];
  let wholeLsn: number | undefined;
  for (const name of names) {
    const at = `checkpoint/${name}`;
    // Without one it was never completed.
    if (!(await disk.list(`${directory}/${at}`)).includes(manifestFileName)) continue;
    const reading = await readManifest(verification, at);
    if ("problem" in reading) {
      problems.push(reading);
      continue;
    }
    const found = await verifyListedFiles(verification, at, reading.files);
    const isSpared = ({ file }: FoundProblem): boolean => file === `${at}/${payloadFileName}`;
    sparedProblems.push(...found.filter(isSpared));
    problems.push(...found.filter((problem) => !isSpared(problem)));
    if (found.every(isSpared)) wholeLsn = reading.lsn;
  }
  return { wholeLsn, problems, sparedProblems };
}

async function readManifest(
  { disk, directory, collectionId, progress }: CollectionVerification,
  at: string,
): Promise<CheckpointManifest | FoundProblem> {
  const file = `${at}/${manifestFileName}`;
  try {
    const bytes = await readWhole(disk, `${directory}/${file}`, file);
    progress.onRead(bytes.length);
    progress.onFile();
    const reading = decodeManifest(bytes);
    if (reading.kind === "damaged") return { file, problem: "does not match its checksum" };
    if (reading.kind === "newer") {
      return { file, problem: `is written in manifest format ${reading.version} by a newer AkiDB` };
    }
    if (reading.manifest.collectionId !== collectionId) {
      return { file, problem: "belongs to another collection" };
    }
    return reading.manifest;
  } catch (error) {
    const damage = checkpointDamage(error, at);
    if (damage === undefined) throw error;
    return { file, problem: damage.reason };
  }
}
