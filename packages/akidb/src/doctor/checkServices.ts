import { assertNever, isAkiDbError } from "@akidb/base";
import type { Config } from "@akidb/server/config";
import type { Cli } from "../cli.ts";
import { type Finding, fine, problem } from "./finding.ts";

const answerTimeoutMs = 5_000;
/** It loads its model first. */
const programTimeoutMs = 120_000;

/** What a server would use besides its disk. */
export async function checkServices(cli: Cli, config: Config): Promise<readonly Finding[]> {
  const { embedding, embeddingNext, data } = config;
  const present = await checkEmbedding(cli, "embedding", { ...embedding, dir: data.dir });
  const findings = [await checkObjectStore(cli, config), present];
  const { provider } = embeddingNext;
  if (provider === "none") return findings;
  const next = { ...embeddingNext, provider, dir: data.dir };
  return [...findings, await checkEmbedding(cli, "embedding.next", next)];
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

type EmbeddingSection = "embedding" | "embedding.next";

function embeddingAdvice(section: EmbeddingSection, provider: Config["embedding"]["provider"]): string {
  switch (provider) {
    case "hashing":
    case "mock":
      return `check ${section}.provider and ${section}.model`;
    case "onnx":
      return `akidb model pull fetches a model; check ${section}.model, ${section}.model_dir and ${section}.device`;
    case "http":
      return `check ${section}.provider, ${section}.model and ${section}.url, and whether the server runs`;
    case "subprocess":
      return (
        `run ${section}.command by hand: it should wait for input; and check ${section}.model and ` +
        `${section}.python_path`
      );
    default:
      return assertNever(provider);
  }
}

async function checkEmbedding(
  { clock }: Cli,
  section: EmbeddingSection,
  { dir, ...options }: Config["embedding"] & { readonly dir: string },
): Promise<Finding> {
  const { provider } = options;
  return await attempt(section, embeddingAdvice(section, provider), async () => {
    const { probeEmbedding } = await import("@akidb/database");
    const { model, dimension } = await probeEmbedding({
      options,
      dataDirectory: dir,
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
