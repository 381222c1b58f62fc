import { type FieldViolation, requiresCredentials } from "@akidb/base";
import { isOrigin, parseCrossOrigins } from "../rest/crossOrigin.ts";
import type { Config } from "./config.ts";

/** What must hold between options that are each in their range. */
export function relationProblems(config: Config): readonly FieldViolation[] {
  const { server, embedding, embeddingNext, hnsw, limits, objectStore, rerank, tracing } = config;
  const problems: FieldViolation[] = [
    ...tlsProblems(server),
    ...crossOriginProblems(config),
    ...objectStoreProblems(objectStore),
    ...embeddingProblems("embedding", embedding),
    ...embeddingProblems("embedding.next", embeddingNext),
    ...nextModelProblems(config),
    ...rerankProblems(rerank),
    ...tracingProblems(tracing),
    ...threadProblems(config),
  ];
  if (hnsw.efConstruction < hnsw.m) {
    problems.push({
      path: "hnsw.ef_construction",
      detail: `${hnsw.efConstruction} is less than hnsw.m (${hnsw.m}): too few candidates to fill a node's links`,
    });
  }
  if (limits.maxMetadataBytes > limits.maxBodyBytes) {
    problems.push({
      path: "limits.max_metadata_bytes",
      detail: `${limits.maxMetadataBytes} is more than limits.max_body_bytes (${limits.maxBodyBytes}): no request could carry it`,
    });
  }
  return problems;
}

function tlsProblems({ tlsCert, tlsKey }: Config["server"]): readonly FieldViolation[] {
  if ((tlsCert === undefined) === (tlsKey === undefined)) return [];
  const [missing, given] = tlsCert === undefined ? ["tls_cert", "tls_key"] : ["tls_key", "tls_cert"];
  return [{ path: `server.${missing}`, detail: `must be given where server.${given} is` }];
}

function crossOriginProblems({ server, auth }: Config): readonly FieldViolation[] {
  const path = "server.cors_origins";
  const origins = [...parseCrossOrigins(server.corsOrigins)];
  if (origins.includes("*") && !requiresCredentials(auth.mode, [server.host])) {
    const detail =
      "* would let every web page read and write, since requests need no credentials; name the origins";
    return [{ path, detail }];
  }
  return origins
    .filter((origin) => origin !== "*" && !isOrigin(origin))
    .map((origin) => ({
      path,
      detail: `${JSON.stringify(origin)} is no origin: a scheme, a host and a port, such as https://app.example.com`,
    }));
}

/** Options that belong to some providers; for others they would be set in vain. */
const embeddingOptionsOf: Readonly<
  Record<string, { readonly needed: string[]; readonly possible: string[] }>
> = {
  onnx: { needed: ["model"], possible: ["model_dir", "device"] },
  http: { needed: ["model", "url"], possible: ["api_key"] },
  subprocess: { needed: ["model", "command"], possible: ["python_path"] },
};

function embeddingProblems(
  section: "embedding" | "embedding.next",
  options: Config["embedding"] | Config["embeddingNext"],
): readonly FieldViolation[] {
  const { provider, model, url, apiKey, command, pythonPath, modelDir } = options;
  const device = options.device === "auto" ? undefined : options.device;
  const { needed = [], possible = [] } = embeddingOptionsOf[provider] ?? {};
  const particular = {
    url,
    api_key: apiKey,
    command,
    python_path: pythonPath,
    model_dir: modelDir,
    device,
  };
  const idle = Object.entries(particular).filter(
    ([key, value]) => value !== undefined && !needed.includes(key) && !possible.includes(key),
  );
  const given: Readonly<Record<string, unknown>> = { model, ...particular };
  const missing = needed.filter((key) => given[key] === undefined);
  const problems = [
    ...idle.map(([key]) => ({ key, detail: `means nothing where ${section}.provider is ${provider}` })),
    ...missing.map((key) => ({ key, detail: `must be given where ${section}.provider is ${provider}` })),
  ];
  if (provider === "http" && url !== undefined && !isHttpUrl(url)) {
    problems.push({ key: "url", detail: noHttpUrl(url) });
  }
  return problems.map(({ key, detail }) => ({ path: `${section}.${key}`, detail }));
}

/** Collections and requests choose between both by name. */
function nextModelProblems({ embedding, embeddingNext }: Config): readonly FieldViolation[] {
  const path = "embedding.next.model";
  const { provider, model } = embeddingNext;
  if (provider === "none") {
    const detail = "means nothing where embedding.next.provider is none";
    return model === undefined ? [] : [{ path, detail }];
  }
  const name = model ?? provider;
  if (name !== (embedding.model ?? embedding.provider)) return [];
  return [
    { path, detail: `must be another name than that of the model of embedding, which is ${name}, too` },
  ];
}

function rerankProblems({ url, model, apiKey }: Config["rerank"]): readonly FieldViolation[] {
  if (url !== undefined) return isHttpUrl(url) ? [] : [{ path: "rerank.url", detail: noHttpUrl(url) }];
  return Object.entries({ model, api_key: apiKey }).flatMap(([key, value]) =>
    value === undefined ? [] : [{ path: `rerank.${key}`, detail: "means nothing without rerank.url" }],
  );
}

const tracingProblems = ({ otlpEndpoint: url }: Config["tracing"]): readonly FieldViolation[] =>
  isHttpUrl(url) ? [] : [{ path: "tracing.otlp_endpoint", detail: noHttpUrl(url) }];

/** Spans begin and end in one thread. */
const threadProblems = ({ server, tracing }: Config): readonly FieldViolation[] =>
  server.threads > 0 && tracing.enabled
    ? [{ path: "server.threads", detail: "must be 0 where tracing.enabled is true" }]
    : [];

const isHttpUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? "");

const noHttpUrl = (text: string): string =>
  `${JSON.stringify(text)} is not a URL that begins with http:// or https://`;

function objectStoreProblems({ kind, ...options }: Config["objectStore"]): readonly FieldViolation[] {
  const { bucket, endpoint, accessKeyId, secretAccessKey, sse } = options;
  const problems: FieldViolation[] = [];
  const complain = (key: string, detail: string) => problems.push({ path: `object_store.${key}`, detail });
  if (kind !== "s3") {
    const meaningless = {
      bucket: kind === "memory" ? bucket : undefined,
      prefix: options.prefix,
      endpoint,
      region: options.region,
      access_key_id: accessKeyId,
      secret_access_key: secretAccessKey,
      force_path_style: options.forcePathStyle || undefined,
      sse,
    };
    for (const [key, value] of Object.entries(meaningless)) {
      if (value !== undefined) complain(key, `means nothing where object_store.kind is ${kind}`);
    }
    return problems;
  }
  if (bucket === undefined) complain("bucket", "must be given where object_store.kind is s3");
  if (endpoint !== undefined && !isHttpUrl(endpoint)) complain("endpoint", noHttpUrl(endpoint));
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? "access_key_id" : "secret_access_key";
    complain(missing, "must be given where the other half of the credentials is");
  }
  if (sse !== undefined && !/^(AES256|aws:kms(:.+)?)$/.test(sse)) {
    complain("sse", `${JSON.stringify(sse)} is not AES256, aws:kms or aws:kms:<key id>`);
  }
  return problems;
}
