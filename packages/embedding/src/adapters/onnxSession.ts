import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import type { Encode, EncoderInput } from "../onnx/onnxModel.ts";
import type { OnnxDevice } from "../onnx/onnxOptions.ts";

type Runtime = typeof import("onnxruntime-node");

/** Half of the cores: the others search. */
const threads = Math.max(1, availableParallelism() >> 1);

const settings: InferenceSession.SessionOptions = {
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  // A thread that waits for work does not burn a core.
  extra: { session: { intra_op: { allow_spinning: "0" } } },
};

/**
 * @param say gets a line where `auto` falls back on another device
 * @throws Error that tells why the device or the weights cannot be used
 */
export async function openOnnxSession(
  weights: string,
  device: OnnxDevice,
  say: (line: string) => void,
): Promise<Encode> {
  const runtime = await import("onnxruntime-node");
  return encoderOf(runtime, await openOn(runtime, weights, device, say));
}

async function openOn(
  { InferenceSession, listSupportedBackends }: Runtime,
  weights: string,
  device: OnnxDevice,
  say: (line: string) => void,
): Promise<InferenceSession> {
  const backends = listSupportedBackends().map(({ name }) => name);
  // The CPU computes what a device does not have.
  const open = (name: string) =>
    InferenceSession.create(weights, {
      ...settings,
      executionProviders: name === "cpu" ? ["cpu"] : [name, "cpu"],
    });
  if (device !== "auto") {
    if (backends.includes(device)) return await open(device);
    throw new Error(`this build of ONNX Runtime cannot use ${device}; it has ${backends.join(", ")}`);
  }
  const faster = [...(hasCuda() ? ["cuda"] : []), "coreml"];
  for (const name of faster.filter((each) => backends.includes(each))) {
    try {
      return await open(name);
    } catch (error) {
      say(`embeds on the CPU, since ${name} cannot be used: ${(error as Error).message}`);
    }
  }
  return await open("cpu");
}

/** Every build for Linux lists CUDA; its library is there where the install script has fetched it. */
function hasCuda(): boolean {
  const bin = join(dirname(createRequire(import.meta.url).resolve("onnxruntime-node")), "../bin");
  const library = join(process.platform, process.arch, "libonnxruntime_providers_cuda.so");
  return readdirSync(bin).some((version) => existsSync(join(bin, version, library)));
}

/** @throws Error where the weights want or give something else than texts' models do */
function encoderOf({ Tensor }: Runtime, session: InferenceSession): Encode {
  const feeding = {
    input_ids: ({ ids }: EncoderInput) => ids,
    attention_mask: ({ mask }: EncoderInput) => mask,
    token_type_ids: ({ ids }: EncoderInput) => new BigInt64Array(ids.length),
    position_ids: ({ ids, length }: EncoderInput) => ids.map((_, i) => BigInt(i % length)),
  };
  const inputs = session.inputMetadata.map((input) => {
    const feed = feeding[input.name as keyof typeof feeding];
    const type = input.isTensor ? input.type : "no tensor";
    if (feed !== undefined && (type === "int64" || type === "int32")) return { name: input.name, type, feed };
    throw new Error(`the weights want ${input.name} (${type}), which a text does not have`);
  });
  const output = outputOf(session);
  return async (input) => {
    const dims = [input.rows, input.length];
    const feeds = Object.fromEntries(
      inputs.map(({ name, type, feed }) => {
        const data = feed(input);
        const tensor =
          type === "int64"
            ? new Tensor("int64", data, dims)
            : new Tensor("int32", Int32Array.from(data, Number), dims);
        return [name, tensor];
      }),
    );
    const { [output]: result } = await session.run(feeds, [output]);
    if (result?.data instanceof Float32Array) return { data: result.data, dims: result.dims };
    throw new Error(`the weights give ${output} as ${result?.type}, and not as float32`);
  };
}

/** What has gone through all layers, if there is such; or else the tokens' states. */
function outputOf({ outputNames }: InferenceSession): string {
  const wanted = ["sentence_embedding", "last_hidden_state", "token_embeddings"];
  const output = wanted.find((name) => outputNames.includes(name)) ?? outputNames[0];
  if (output === undefined) throw new Error("the weights have no output");
  return output;
}
