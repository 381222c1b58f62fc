/** Of a folder laid out as on the Hugging Face hub. */
export const weightsFiles = [
  "onnx/model.onnx",
  "model.onnx",
  "onnx/model_quantized.onnx",
  "model_quantized.onnx",
] as const;

/** Beside weights of more than 2 GiB, which no ONNX file can hold by itself. */
export const externalWeightsOf = (weights: string): readonly string[] => [
  `${weights}_data`,
  `${weights}.data`,
  `${weights.replace(/\.onnx$/, "")}.data`,
];

export const modelFiles = {
  tokenizer: "tokenizer.json",
  tokenizerConfig: "tokenizer_config.json",
  config: "config.json",
  modules: "modules.json",
  pooling: "1_Pooling/config.json",
  sentenceBert: "sentence_bert_config.json",
  sentenceTransformers: "config_sentence_transformers.json",
} as const;

/** What of a repository's files makes a model that works here. */
export interface NeededFiles {
  /** Undefined where it has none. */
  readonly weights: string | undefined;
  /** The weights among them. */
  readonly all: readonly string[];
}

/** @param isQuantized takes weights of small integers, where there are such, and else none */
export function neededFiles(available: readonly string[], isQuantized: boolean): NeededFiles {
  const weights = weightsFiles.find(
    (file) => file.endsWith("_quantized.onnx") === isQuantized && available.includes(file),
  );
  const wanted: readonly string[] = [
    ...(weights === undefined ? [] : [weights, ...externalWeightsOf(weights)]),
    ...Object.values(modelFiles),
  ];
  return { weights, all: wanted.filter((file) => available.includes(file)) };
}

/** Where models of the hub have an owner, so has the folder. A dot begins what is no model. */
export const isModelName = (name: string): boolean =>
  /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !name.split("/").some((part) => part.startsWith("."));
