import type { OptionSpec } from "./optionSpec.ts";

/** What provides a model, and how it is asked. */
export const embeddingOptions = {
  provider: {
    type: "enum",
    values: ["hashing", "onnx", "http", "subprocess", "mock"],
    default: "hashing",
    help:
      "What turns text into vectors: hashing is lexical and built in, onnx is a model of a local folder, http is a server " +
      "that speaks the embeddings API of OpenAI, subprocess is a program that the server starts, mock is for tests",
  },
  model: {
    type: "optional string",
    whenAbsent: "the provider's own; onnx, http and subprocess need one",
    placeholder: "NAME",
    help:
      "What collections and requests call it; the folder in model_dir (onnx), the one model that the server or program is " +
      "asked for (http, subprocess)",
  },
  model_dir: {
    type: "optional string",
    whenAbsent: "models in the data directory",
    placeholder: "DIR",
    help: "Folder of models, each laid out as on the Hugging Face hub: akidb model pull fills it (onnx)",
  },
  device: {
    type: "enum",
    values: ["auto", "cpu", "coreml", "cuda"],
    default: "auto",
    help: "What computes: auto is CUDA or CoreML where this build of ONNX Runtime can use it, and else the CPU (onnx)",
  },
  url: {
    type: "optional string",
    whenAbsent: "http needs one",
    placeholder: "URL",
    help: "Server, as clients of OpenAI take it, such as http://127.0.0.1:11434/v1 (http)",
  },
  api_key: {
    type: "optional string",
    whenAbsent: "none is sent",
    placeholder: "SECRET",
    help: "Key that the server is shown, as a bearer token (http)",
    isSecret: true,
  },
  command: {
    type: "optional list",
    whenAbsent: "subprocess needs one",
    placeholder: "JSON",
    help:
      "Program that embeds, and its arguments, each a string of its own: no shell reads them; docs/embeddings.md has " +
      "what the program must say (subprocess)",
  },
  python_path: {
    type: "optional string",
    whenAbsent: "the first of command is run itself",
    placeholder: "FILE",
    help: "Python that runs command, which is a script and its arguments then (subprocess)",
  },
  batch_size: {
    type: "integer",
    default: 32,
    min: 1,
    max: 2_048,
    help: "Most texts of one request to the server or program (onnx, http, subprocess)",
  },
  max_queue: {
    type: "integer",
    default: 10_000,
    min: 1,
    max: 1_000_000,
    help:
      "Texts that may wait for the server or program; what would make it more is refused with unavailable " +
      "(onnx, http, subprocess)",
  },
  timeout_ms: {
    type: "integer",
    default: 30_000,
    min: 1,
    max: 600_000,
    unit: "milliseconds",
    help:
      "One request fails after so long, a program is killed that has not answered; it is made three times " +
      "(onnx, http, subprocess)",
  },
} as const satisfies { readonly [key: string]: OptionSpec };

const { provider } = embeddingOptions;

/** The same of a second model, of which there need be none. */
export const nextEmbeddingOptions = {
  ...embeddingOptions,
  provider: {
    ...provider,
    values: ["none", ...provider.values],
    default: "none",
    help:
      "A second model beside that of [embedding], of another name, loaded from the start: for the collections that name it, and for " +
      "all new ones after akidb model switch",
  },
} as const satisfies { readonly [key: string]: OptionSpec };
