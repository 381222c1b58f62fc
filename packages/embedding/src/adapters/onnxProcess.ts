import { createInterface } from "node:readline";
import { OnnxModel } from "../onnx/onnxModel.ts";
import type { OnnxProcessSettings } from "../onnx/onnxOptions.ts";
import { TextTokenizer } from "../onnx/textTokenizer.ts";
import { type ProgramRequest, protocolVersion } from "../subprocess/programMessage.ts";
import { openModelFolder } from "./modelFolder.ts";
import { openOnnxSession } from "./onnxSession.ts";

// The process that ONNX Runtime lives in. It speaks the protocol of embedding programs, and ends with its input.
const settings = JSON.parse(process.argv[2] ?? "") as OnnxProcessSettings;

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);

let model: OnnxModel | undefined;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as ProgramRequest;
  if (request.type === "embed") say(await answered(request));
  else await welcome(request.model);
}
process.exit();

async function welcome(name: string): Promise<void> {
  try {
    const { maxTokens, fingerprint, dimension } = await load();
    const version = protocolVersion;
    say({ type: "ready", version, model: name, dimension, max_tokens: maxTokens, fingerprint });
  } catch (error) {
    say({ type: "error", reason: `cannot load the model: ${(error as Error).message}` });
  }
}

/** With a first text, which warms it up and tells its dimension. */
async function load() {
  const folder = openModelFolder(settings.folder);
  const { maxTokens } = folder.settings;
  const loading = new OnnxModel({
    tokenizer: new TextTokenizer(folder.tokenizer, folder.tokenizerConfig, maxTokens),
    encode: await openOnnxSession(folder.weights, settings.device, complain),
    settings: folder.settings,
  });
  const { rows } = await loading.embed(["a vector database"], "document");
  model = loading;
  return { dimension: rows[0]?.length ?? 0, maxTokens, fingerprint: await folder.fingerprint() };
}

async function answered({ id, kind, texts }: Extract<ProgramRequest, { type: "embed" }>): Promise<object> {
  try {
    if (model === undefined) throw new Error("the model is not loaded");
    const { rows, tokens, truncated } = await model.embed(texts, kind);
    const unseen = rows.flatMap((row, index) =>
      row === undefined ? [{ index, reason: "the model can see nothing in it" }] : [],
    );
    if (unseen.length > 0) return { type: "error", id, code: "invalid_argument", texts: unseen };
    return { type: "embeddings", id, embeddings: rows.map(base64), tokens, truncated };
  } catch (error) {
    return { type: "error", id, code: "internal", reason: (error as Error).message };
  }
}

function base64(row: Float32Array | undefined): string {
  return row === undefined ? "" : Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString("base64");
}
