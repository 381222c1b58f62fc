import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { externalWeightsOf, modelFiles, weightsFiles } from "../onnx/modelFiles.ts";
import { type ModelSettings, modelSettings } from "../onnx/modelSettings.ts";

export interface ModelFolder {
  /** The path of the ONNX file. */
  readonly weights: string;
  readonly tokenizer: object;
  readonly tokenizerConfig: object;
  readonly settings: ModelSettings;
  /** Of weights, tokenizer and settings: what changes a vector changes it. */
  fingerprint(): Promise<string>;
}

/** @returns why it is not there to be read, with its path; undefined where it is */
export function whatLacks(folder: string): string | undefined {
  if (!isFolder(folder)) return `there is no folder ${folder}`;
  if (weightsOf(folder) === undefined) return `${folder} has no ${weightsFiles[0]}`;
  return existsSync(join(folder, modelFiles.tokenizer))
    ? undefined
    : `${folder} has no ${modelFiles.tokenizer}`;
}

/** @throws Error that tells why it cannot be used */
export function openModelFolder(folder: string): ModelFolder {
  const lack = whatLacks(folder);
  const weights = weightsOf(folder);
  if (lack !== undefined || weights === undefined) throw new Error(lack);
  const { tokenizer, ...others } = modelFiles;
  const documents = Object.fromEntries(
    Object.entries(others).map(([name, file]) => [name, jsonOf(join(folder, file))]),
  ) as { readonly [Name in keyof typeof others]: unknown };
  const settings = modelSettings(documents);
  return {
    weights: join(folder, weights),
    tokenizer: jsonOf(join(folder, tokenizer)) as object,
    tokenizerConfig: (documents.tokenizerConfig ?? {}) as object,
    settings,
    fingerprint: () =>
      fingerprintOf(folder, settings, [
        weights,
        ...externalWeightsOf(weights),
        tokenizer,
        others.tokenizerConfig,
      ]),
  };
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const weightsOf = (folder: string): string | undefined =>
  weightsFiles.find((file) => existsSync(join(folder, file)));

/** Undefined where there is no such file. */
function jsonOf(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`);
  }
}

async function fingerprintOf(
  folder: string,
  settings: ModelSettings,
  files: readonly string[],
): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify(settings));
  for (const file of files) {
    const path = join(folder, file);
    if (!existsSync(path)) continue;
    hash.update(`\0${statSync(path).size}\0`);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  }
  return `sha256:${hash.digest("hex")}`;
}
