export const programDimension = 24;

/**
 * A program in JavaScript that speaks the protocol as it should, but for texts that tell it to misbehave, and for how it
 * starts. A text's vector follows from its characters.
 */
const script = String.raw`
const { createInterface } = require("node:readline");
const say = (message) => process.stdout.write((typeof message === "string" ? message : JSON.stringify(message)) + "\n");
const start = process.argv[1] ?? "well";
const ready = { type: "ready", version: 1, model: "m", dimension: ${programDimension}, max_tokens: 512, fingerprint: "sha256:1" };

function vectorOf(text) {
  let hash = 7;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return Float32Array.from({ length: ${programDimension} }, (_, i) => (Math.imul(hash, 2 * i + 1) >>> 8) - 2 ** 23);
}
const base64 = (vector) => Buffer.from(vector.buffer).toString("base64");
const tokensOf = (texts) => texts.reduce((sum, text) => sum + text.trim().split(/\s+/u).length, 0);

const misdeeds = {
  crash: () => process.kill(process.pid, "SIGKILL"),
  exit: () => process.exit(3),
  garbage: () => say("Loading weights: 100%"),
  list: () => say("[1, 2]"),
  huge: () => say("x".repeat(8 * 1024 * 1024)),
  closed: () => {
    process.stdout.write = () => true;
    require("node:fs").closeSync(1);
  },
  silent: () => {},
  slow: (request) => setTimeout(answer, 300, request),
  unasked: ({ id }) => say({ type: "embeddings", id: id + 7, embeddings: [] }),
  nothing: ({ id }) => say({ type: "embeddings", id }),
  few: ({ id }) => say({ type: "embeddings", id, embeddings: [] }),
  narrow: ({ id }) => say({ type: "embeddings", id, embeddings: [[1, 2, 3]] }),
  nan: ({ id }) => say({ type: "embeddings", id, embeddings: [base64(vectorOf("a").fill(NaN))] }),
  zeros: ({ id }) => say({ type: "embeddings", id, embeddings: [base64(vectorOf("a").fill(0))] }),
  half: ({ id }) => say({ type: "embeddings", id, embeddings: ["AAAA"] }),
  cut: ({ id, texts }) =>
    say({ type: "embeddings", id, embeddings: texts.map((text) => base64(vectorOf(text))), tokens: 1, truncated: [1, 2] }),
  miscounted: ({ id }) => say({ type: "embeddings", id, embeddings: [base64(vectorOf("a"))], truncated: [1] }),
  numbers: ({ id, texts }) => say({ type: "embeddings", id, embeddings: texts.map((text) => [...vectorOf(text)]), tokens: 1 }),
  kind: ({ id, kind }) => say({ type: "embeddings", id, embeddings: [base64(vectorOf(kind))], tokens: 1 }),
  busy: ({ id }) => say({ type: "error", id, code: "unavailable", reason: "out of memory at /secret/path" }),
  broken: ({ id }) => say({ type: "error", id, code: "internal", reason: "IndexError: 7" }),
};

const starts = {
  version: () => say({ ...ready, version: 2 }),
  model: () => say({ ...ready, model: "other" }),
  dimension: () => say({ ...ready, dimension: 5000 }),
  fingerprint: () => say({ ...ready, fingerprint: "" }),
  refusal: () => say({ type: "error", reason: "no such folder: /models/m" }),
  exit: () => {
    console.error("ModuleNotFoundError: No module named 'onnxruntime'");
    process.exit(1);
  },
  silent: () => {},
  telling: () => {
    console.error(process.pid);
    say(ready);
  },
  changing: () => say({ ...ready, fingerprint: "sha256:" + process.pid }),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  if (request.type === "hello") return (starts[start] ?? (() => say(ready)))();
  const misdeed = misdeeds[request.texts[0]];
  return misdeed === undefined ? answer(request) : misdeed(request);
}).on("close", () => process.exit(0));

function answer({ id, texts }) {
  const refused = texts.flatMap((text, index) => (text.startsWith("refuse") ? [{ index, reason: "no" }] : []));
  if (refused.length > 0) return say({ type: "error", id, code: "invalid_argument", texts: refused });
  say({ type: "embeddings", id, embeddings: texts.map((text) => base64(vectorOf(text))), tokens: tokensOf(texts) });
}
`;

/** @param start how it starts; well if absent */
export const embeddingProgram = (start = "well"): readonly string[] => [
  process.execPath,
  "-e",
  script,
  start,
];
