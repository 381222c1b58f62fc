/** A model of a local folder, computed by ONNX Runtime. */
export interface OnnxOptions {
  /** The folder in `modelDir`, such as `BAAI/bge-small-en-v1.5`. */
  readonly model: string;
  /** Of all models. */
  readonly modelDir: string;
  /** `auto` if absent: the first of CUDA, CoreML and the CPU that works. */
  readonly device?: OnnxDevice;
  /** Texts of one request; 32 if absent. */
  readonly batchSize?: number;
  /** Without any answer while some is due; 30,000 if absent. The process is killed then. */
  readonly timeoutMs?: number;
  /** From its start until its model is loaded; two minutes if absent. */
  readonly startTimeoutMs?: number;
  /** Without any text; a quarter of an hour if absent. The process ends then, and starts with the next text. */
  readonly idleMs?: number;
}

export const onnxDevices = ["auto", "cpu", "coreml", "cuda"] as const;

export type OnnxDevice = (typeof onnxDevices)[number];

export const onnxDefaults = { device: "auto", idleMs: 15 * 60_000 } as const;

/** What the process is started with, as JSON. */
export interface OnnxProcessSettings {
  readonly folder: string;
  readonly device: OnnxDevice;
}
