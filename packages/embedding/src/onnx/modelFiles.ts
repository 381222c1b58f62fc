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

/** Where models of the hub have an owner, so has the folder. */
export const isModelName = (name: string): boolean =>
  /^[\w.-]+(\/[\w.-]+)*$/.test(name) && !name.split("/").some((part) => /^\.+$/.test(part));
