import { isAkiDbError } from "@akidb/base";
import type { Config } from "@akidb/server/config";
import type { Cli } from "../cli.ts";
import { type Finding, fine, problem } from "./finding.ts";

const answerTimeoutMs = 5_000;
/** It loads its model first. */
const programTimeoutMs = 120_000;

/** What a server would use besides its disk. */
export async function checkServices(cli: Cli, config: Config): Promise<readonly Finding[]> {
  return [await checkObjectStore(cli, config), await checkEmbedding(cli, config)];
}

async function checkObjectStore({ clock, random }: Cli, { objectStore, data }: Config): Promise<Finding> {
  const probe = { options: objectStore, dataDirectory: data.dir, clock, random, timeoutMs: answerTimeoutMs };
  return await attempt("object store", "check object_store.endpoint, bucket and credentials", async () => {
    const { probeObjectStore } = await import("@akidb/database");
    await probeObjectStore(probe);
    return objectStore.kind === "s3"
      ? `the bucket ${objectStore.bucket} answers`
      : `${objectStore.kind}, usable`;
  });
}

const checkProvider = "check embedding.provider and embedding.model";

const embeddingAdvice: Readonly<Record<Config["embedding"]["provider"], string>> = {
  hashing: checkProvider,
  mock: checkProvider,
  onnx: "akidb model pull fetches a model; check embedding.model, embedding.model_dir and embedding.device",
  http: "check embedding.provider, embedding.model and embedding.url, and whether the server runs",
  subprocess:
    "run embedding.command by hand: it should wait for input; and check embedding.model and embedding.python_path",
};

async function checkEmbedding({ clock }: Cli, { embedding, data }: Config): Promise<Finding> {
  const { provider } = embedding;
  return await attempt("embedding", embeddingAdvice[provider], async () => {
    const { probeEmbedding } = await import("@akidb/database");
    const { model, dimension } = await probeEmbedding({
      options: embedding,
      dataDirectory: data.dir,
      clock,
      timeoutMs: provider === "subprocess" || provider === "onnx" ? programTimeoutMs : answerTimeoutMs,
    });
    return `${model}, ${dimension} dimensions`;
  });
}

async function attempt(check: string, advice: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return fine(check, await work());
  } catch (error) {
    if (!isAkiDbError(error)) throw error;
    return problem(check, error.message, advice);
  }
}
