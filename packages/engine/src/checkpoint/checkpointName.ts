/** Which checkpoint: several may be of one LSN, since the graph goes on growing when writes do not. */
export interface CheckpointName {
  readonly lsn: number;
  /** From 1. */
  readonly generation: number;
}

const lsnDigits = 20;

/** The directory: the LSN, so that names sort as checkpoints do, and the generation from the second on. */
export const checkpointDirectoryName = ({ lsn, generation }: CheckpointName): string =>
  String(lsn).padStart(lsnDigits, "0") + (generation === 1 ? "" : `-${generation}`);

/** @returns undefined for a name that no checkpoint has */
export function parseCheckpointDirectoryName(name: string): CheckpointName | undefined {
  const [, digits, suffix] = /^(\d{20})(?:-(\d+))?$/.exec(name) ?? [];
  if (digits === undefined) return undefined;
  const parsed = { lsn: Number(digits), generation: suffix === undefined ? 1 : Number(suffix) };
  return checkpointDirectoryName(parsed) === name ? parsed : undefined;
}

/** Older ones first. */
export const compareCheckpoints = (a: CheckpointName, b: CheckpointName): number =>
  a.lsn - b.lsn || a.generation - b.generation;
