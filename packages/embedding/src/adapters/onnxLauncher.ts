import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unavailable } from "@akidb/base";
import {
  type OnnxDevice,
  type OnnxOptions,
  type OnnxProcessSettings,
  onnxDefaults,
} from "../onnx/onnxOptions.ts";
import type { LaunchProcess } from "../process/launchedProcess.ts";
import { childProcess } from "./childProcess.ts";
import { whatLacks } from "./modelFolder.ts";

const { resolve } = createRequire(import.meta.url);

const entry = fileURLToPath(import.meta.url.replace(/onnxLauncher(\.[jt]s)$/, "onnxProcess$1"));

/**
 * Starts the process of ONNX Runtime, with this Node.
 *
 * @param findRuntime throws where it is not installed
 *
 * What it returns throws AkiDbError `unavailable` where the runtime or the model's files are missing.
 */
export function onnxLauncher(
  { model, modelDir, device = onnxDefaults.device }: OnnxOptions,
  findRuntime = () => resolve("onnxruntime-node"),
): LaunchProcess {
  const folder = join(modelDir, model);
  const settings: OnnxProcessSettings = { folder, device };
  return () => {
    try {
      findRuntime();
    } catch (cause) {
      throw unavailable(`ONNX Runtime is not installed; install it beside akidb: ${installation(device)}`, {
        cause,
      });
    }
    const lack = whatLacks(folder);
    if (lack !== undefined) {
      throw unavailable(`the model ${model} is not in embedding.model_dir`, { cause: new Error(lack) });
    }
    return childProcess([process.execPath, entry, JSON.stringify(settings)]);
  };
}

/** Its install script does nothing but fetch libraries for CUDA, some hundreds of megabytes. */
const installation = (device: OnnxDevice): string =>
  `npm install ${device === "cuda" ? "" : "--ignore-scripts "}onnxruntime-node@1.30.0`;
