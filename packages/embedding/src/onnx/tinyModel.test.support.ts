import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import protobuf from "protobufjs";

export const tinyDimension = 24;

const words =
  "a red fox the lazy dog sleeps query passage text of batch word x after ##ward ##wards ! 0 1 2 : .";
const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
const pieces = [
  ..."[PAD] [UNK] [CLS] [SEP]".split(" "),
  ...words.split(" "),
  ...letters,
  ...[...letters].map((letter) => `##${letter}`),
];
export const vocabulary: ReadonlyMap<string, number> = new Map(
  [...new Set(pieces)].map((piece, id) => [piece, id]),
);

/** Component `i` of the state that the weights have for a token. */
export const weight = (id: number, i: number): number => Math.fround(Math.sin(1 + id * tinyDimension + i));

/** Of onnx.proto, what is written here. */
const { root } = protobuf.parse(`syntax = "proto3";
  message Model { int64 ir_version = 1; Graph graph = 7; repeated Opset opset_import = 8; }
  message Opset { string domain = 1; int64 version = 2; }
  message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
    repeated Value input = 11; repeated Value output = 12; }
  message Node { repeated string input = 1; repeated string output = 2; string op_type = 4; repeated Attribute attribute = 5; }
  message Attribute { string name = 1; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; repeated float float_data = 4; repeated int64 int64_data = 7;
    string name = 8; }
  message Value { string name = 1; Type type = 2; }
  message Type { TensorType tensor_type = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Shape { repeated Dim dim = 1; }
  message Dim { int64 dim_value = 1; string dim_param = 2; }`);

const [float, int64] = [1, 7];

const value = (name: string, elemType: number, dims: readonly (string | number)[]) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: dims.map((dim) => (typeof dim === "string" ? { dimParam: dim } : { dimValue: dim })) },
    },
  },
});

const node = (opType: string, input: readonly string[], output: string, attributes: object = {}) => ({
  opType,
  input,
  output: [output],
  attribute: Object.entries(attributes).map(([name, given]) =>
    Array.isArray(given) ? { name, ints: given, type: 7 } : { name, i: given, type: 2 },
  ),
});

const tensor = (name: string, dims: readonly number[], data: readonly number[], dataType = float) => ({
  name,
  dims,
  dataType,
  ...(dataType === float ? { floatData: data } : { int64Data: data }),
});

const states = ["batch", "length", tinyDimension];
const graphs = {
  /** Of the states of its tokens, the mean. */
  mean: {
    inputs: ["input_ids", "attention_mask"],
    output: value("sentence_embedding", float, ["batch", tinyDimension]),
    node: [
      node("Gather", ["weights", "input_ids"], "states"),
      node("Cast", ["attention_mask"], "mask", { to: float }),
      node("Unsqueeze", ["mask", "last"], "column"),
      node("Mul", ["states", "column"], "masked"),
      node("ReduceSum", ["masked", "middle"], "sums", { keepdims: 0 }),
      node("ReduceSum", ["column", "middle"], "counts", { keepdims: 0 }),
      node("Div", ["sums", "counts"], "sentence_embedding"),
    ],
    initializer: [tensor("last", [1], [-1], int64), tensor("middle", [1], [1], int64)],
  },
  /** Each token's state, for the folder's pooling. */
  states: {
    inputs: ["input_ids", "attention_mask"],
    output: value("last_hidden_state", float, states),
    node: [node("Gather", ["weights", "input_ids"], "last_hidden_state")],
    initializer: [],
  },
  /** softmax(X Xᵀ + mask) X of X = token + type + position, each by its id. */
  attention: {
    inputs: ["input_ids", "attention_mask", "token_type_ids", "position_ids"],
    output: value("last_hidden_state", float, states),
    node: [
      node("Gather", ["weights", "input_ids"], "tokens"),
      node("Gather", ["weights", "token_type_ids"], "types"),
      node("Gather", ["weights", "position_ids"], "positions"),
      node("Sum", ["tokens", "types", "positions"], "x"),
      node("Transpose", ["x"], "xt", { perm: [0, 2, 1] }),
      node("MatMul", ["x", "xt"], "products"),
      node("Cast", ["attention_mask"], "mask", { to: float }),
      node("Sub", ["mask", "one"], "outside"),
      node("Mul", ["outside", "far"], "penalties"),
      node("Unsqueeze", ["penalties", "middle"], "row"),
      node("Add", ["products", "row"], "scores"),
      node("Softmax", ["scores"], "shares", { axis: -1 }),
      node("MatMul", ["shares", "x"], "last_hidden_state"),
    ],
    initializer: [tensor("middle", [1], [1], int64), tensor("one", [], [1]), tensor("far", [], [1e6])],
  },
} as const;

export type TinyGraph = keyof typeof graphs;

function onnxFile(kind: TinyGraph): Uint8Array {
  const { inputs, output, node, initializer } = graphs[kind];
  const rows = [...vocabulary.values()].flatMap((id) =>
    Array.from({ length: tinyDimension }, (_, i) => weight(id, i)),
  );
  const graph = {
    name: kind,
    node,
    initializer: [tensor("weights", [vocabulary.size, tinyDimension], rows), ...initializer],
    input: inputs.map((name) => value(name, int64, ["batch", "length"])),
    output: [output],
  };
  const type = root.lookupType("Model");
  return type
    .encode(type.fromObject({ irVersion: 8, opsetImport: [{ domain: "", version: 17 }], graph }))
    .finish();
}

export const tinyTokenizer = {
  version: "1.0",
  added_tokens: [...vocabulary].slice(0, 4).map(([content, id]) => ({
    ...{ id, content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  })),
  normalizer: {
    ...{ type: "BertNormalizer", clean_text: true, handle_chinese_chars: true },
    ...{ strip_accents: null, lowercase: true },
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: Object.fromEntries(
      ["[CLS]", "[SEP]"].map((id) => [id, { id, ids: [vocabulary.get(id)], tokens: [id] }]),
    ),
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    ...{
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
    },
    vocab: Object.fromEntries(vocabulary),
  },
};

/**
 * Writes a model of a few kilobytes as the hub would have it.
 *
 * @param files more of them, or others: JSON, bytes, or undefined for one that is not there
 */
export function writeTinyModel(
  folder: string,
  graph: TinyGraph,
  files: Readonly<Record<string, unknown>> = {},
): void {
  const all = {
    "onnx/model.onnx": onnxFile(graph),
    "tokenizer.json": tinyTokenizer,
    "tokenizer_config.json": { tokenizer_class: "BertTokenizer", model_max_length: 512 },
    "config.json": { model_type: "bert", max_position_embeddings: 512 },
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    if (content === undefined) continue;
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content instanceof Uint8Array ? content : JSON.stringify(content));
  }
}

/** WordPiece by the book, of words that spaces separate, between [CLS] and [SEP]. */
export function tokensOf(text: string): readonly number[] {
  const ids = text.toLowerCase().split(" ").flatMap(piecesOf);
  return [vocabulary.get("[CLS]")!, ...ids, vocabulary.get("[SEP]")!];
}

function piecesOf(word: string): readonly number[] {
  const ids: number[] = [];
  for (let start = 0; start < word.length; ) {
    let end = word.length;
    const piece = () => vocabulary.get((start > 0 ? "##" : "") + word.slice(start, end));
    while (end > start && piece() === undefined) end -= 1;
    const id = piece();
    if (id === undefined || end === start) return [vocabulary.get("[UNK]")!];
    ids.push(id);
    start = end;
  }
  return ids;
}

/** What the weights of `attention` give for each token, computed in double precision, with no batch and no mask. */
export function attended(ids: readonly number[]): readonly (readonly number[])[] {
  const x = ids.map((id, position) =>
    Array.from({ length: tinyDimension }, (_, i) => weight(id, i) + weight(0, i) + weight(position, i)),
  );
  return x.map((row) => {
    const scores = x.map((other) => row.reduce((sum, component, i) => sum + component * other[i]!, 0));
    const highest = Math.max(...scores);
    const shares = scores.map((score) => Math.exp(score - highest));
    const whole = shares.reduce((sum, share) => sum + share, 0);
    return row.map((_, i) => x.reduce((sum, other, token) => sum + (shares[token]! / whole) * other[i]!, 0));
  });
}
