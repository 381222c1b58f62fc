import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadSegmentCheckpoint, nodeDisk, writeSegmentCheckpoint } from "@akidb/engine";
import { Segment } from "@akidb/kernel";
import { portableVectors } from "./portableVectors.ts";
import { type SegmentAnswers, segmentAnswers } from "./segmentAnswers.ts";
import { type SegmentCase, segmentCases } from "./segmentCases.ts";

export interface SegmentFilesOptions {
  /** One that exists. */
  readonly directory: string;
  readonly rowCount: number;
}

/** What is wrong with one file; empty where nothing is. */
export interface FileReport {
  readonly name: string;
  readonly recallAt10: number;
  readonly faults: readonly string[];
}

const queryCount = 20;
const seed = 41;

/**
 * Builds a segment of every case in this thread, with dead rows and a tail, and writes a checkpoint of it and what it
 * answers. Both follow from the rows and the seed: another processor writes the same bytes.
 */
export async function writeSegmentFiles({ directory, rowCount }: SegmentFilesOptions): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  for (const each of segmentCases(rowCount)) {
    const { vectors, queries } = dataOf(each, rowCount);
    const segment = Segment.create(each.kernel, each.options);
    for (const vector of vectors) segment.add(vector);
    segment.publish();
    for (let row = 0; row < rowCount; row += 10) segment.remove(row);
    segment.link(Math.floor(rowCount * 0.9));
    await writeSegmentCheckpoint({ disk: nodeDisk, path: checkpointPath(directory, each), segment });
    const stages = answerStages(segment, queries, each);
    writeFileSync(answersPath(directory, each), JSON.stringify(stages));
    reports.push(reportOf(each, stages, []));
    segment.close();
  }
  return reports;
}

/** Loads what {@link writeSegmentFiles} has written, here or on another processor, and asks it the same again. */
export async function readSegmentFiles({ directory, rowCount }: SegmentFilesOptions): Promise<FileReport[]> {
  const reports: FileReport[] = [];
  for (const each of segmentCases(rowCount)) {
    const { kernel, options } = each;
    const path = checkpointPath(directory, each);
    const segment = await loadSegmentCheckpoint({ disk: nodeDisk, path, file: each.name, kernel, options });
    const stages = answerStages(segment, dataOf(each, rowCount).queries, each);
    const isSame = JSON.stringify(stages) === readFileSync(answersPath(directory, each), "utf8");
    reports.push(reportOf(each, stages, isSame ? [] : ["answers other than those of its writer"]));
    segment.close();
  }
  return reports;
}

function dataOf({ options }: SegmentCase, rowCount: number) {
  const next = portableVectors(seed, options.dimension);
  const vectors = Array.from({ length: rowCount }, next);
  return { vectors, queries: Array.from({ length: queryCount }, next) };
}

/** With the tail, and with the whole tail linked. */
function answerStages(
  segment: Segment,
  queries: readonly Float32Array[],
  { ef }: SegmentCase,
): readonly SegmentAnswers[] {
  const withTail = segmentAnswers(segment, queries, ef);
  segment.link(segment.rowCount);
  return [withTail, segmentAnswers(segment, queries, ef)];
}

function reportOf(
  { name, recallAt10Min }: SegmentCase,
  stages: readonly SegmentAnswers[],
  faults: readonly string[],
): FileReport {
  const recallAt10 = Math.min(...stages.map((stage) => stage.recallAt10));
  const isLow = recallAt10 < recallAt10Min;
  return { name, recallAt10, faults: isLow ? [...faults, `recall below ${recallAt10Min}`] : faults };
}

const checkpointPath = (directory: string, { name }: SegmentCase): string =>
  join(directory, `${name}.segment`);
const answersPath = (directory: string, { name }: SegmentCase): string => join(directory, `${name}.json`);
