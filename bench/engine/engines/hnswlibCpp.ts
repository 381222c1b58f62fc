import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Dataset, rowsOf } from "../dataset.ts";
import { dataFolder, inBuild, indexFile, indexFolder } from "../folders.ts";
import { efsOfFloats } from "./efs.ts";
import { type Engine, efConstruction, k } from "./engine.ts";

const program = inBuild("hnswlibPeer");

/** hnswlib from C++, in a process of its own that this one talks to between measurements. */
export interface HnswlibProcess {
  readonly ask: (command: string) => Promise<string>;
  readonly close: () => void;
}

/** @returns undefined where it was not compiled (`npm run peers`) */
export function startHnswlib(data: Dataset, linksMax: number): HnswlibProcess | undefined {
  if (!existsSync(program)) return undefined;
  const space = data.metric === "l2" ? "l2" : "ip";
  const shape = [space, data.dimension, linksMax, efConstruction].map(String);
  const child = spawn(program, [...shape, data.vectorsFile, data.queriesFile, String(k)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (command) => {
      child.stdin.write(`${command}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`hnswlib in C++ ended at: ${command} (${endOf(child)})`);
      return value;
    },
    close: () => child.stdin.end(),
  };
}

const endOf = ({ exitCode, signalCode }: ChildProcess): string => `exit ${exitCode ?? signalCode}`;

/** The index that all builds of hnswlib search, built with two threads where it is not there yet. */
export async function hnswlibIndex(data: Dataset, linksMax: number): Promise<string | undefined> {
  const file = indexFile("hnswlib", data, linksMax);
  if (existsSync(file)) return file;
  const peer = startHnswlib(data, linksMax);
  if (peer === undefined) return undefined;
  console.error(`${data.name}, M ${linksMax}: building hnswlib's index`);
  mkdirSync(indexFolder, { recursive: true });
  await peer.ask(`build ${rowsOf(data)} 2`);
  await peer.ask(`save ${file}`);
  peer.close();
  return file;
}

export async function hnswlibCpp(name: string, data: Dataset, linksMax: number): Promise<Engine | undefined> {
  const file = await hnswlibIndex(data, linksMax);
  const peer = file === undefined ? undefined : startHnswlib(data, linksMax);
  if (peer === undefined) return undefined;
  await peer.ask(`load ${file}`);
  return {
    name,
    efs: efsOfFloats,
    find: async (ef) => {
      mkdirSync(dataFolder, { recursive: true });
      const answers = `${dataFolder}/found-${process.pid}.u32`;
      await peer.ask(`find ${ef} ${answers}`);
      const bytes = readFileSync(answers);
      rmSync(answers);
      return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4).slice();
    },
    slice: async (ef, forMs) => {
      const [queries, wallSeconds, cpuSeconds] = (await peer.ask(`search ${ef} ${forMs}`))
        .split(" ")
        .map(Number);
      return { queries: queries!, wallSeconds: wallSeconds!, cpuSeconds: cpuSeconds! };
    },
    close: peer.close,
  };
}
