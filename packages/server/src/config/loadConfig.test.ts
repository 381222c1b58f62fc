import { AkiDbError } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { camelCase } from "./config.ts";
import { type ConfigOption, configOptions } from "./configOption.ts";
import { type ConfigSources, loadConfig } from "./loadConfig.ts";
import type { OptionSpec } from "./optionSpec.ts";
import { optionTable } from "./optionTable.ts";

interface Given extends Partial<ConfigSources> {
  readonly files?: Readonly<Record<string, string>>;
}

function load({ files = {}, ...given }: Given = {}) {
  const readFile = (path: string): string => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  };
  return loadConfig({ flags: {}, environment: {}, readFile, isTerminal: false, ...given });
}

/** The lines an operator reads. */
function complaints(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    if (!(error instanceof AkiDbError)) throw error;
    expect(error.code).toBe("invalid_argument");
    const lines = error.message.split("\n");
    if (error.violations.length > 1) {
      expect(lines.shift()).toBe(`${error.violations.length} problems in the configuration:`);
    }
    expect(lines).toHaveLength(error.violations.length);
    return lines.map((line) => line.trim());
  }
  return [];
}

const withToml = (text: string): Given => ({ flags: { "--config": "my.toml" }, files: { "my.toml": text } });

describe("defaults", () => {
  it("need no source at all", () => {
    expect(load()).toEqual({
      server: {
        host: "127.0.0.1",
        restPort: 8080,
        grpcPort: 9090,
        timeoutSeconds: 30,
        threads: 0,
        tlsCert: undefined,
        tlsKey: undefined,
      },
      data: { dir: "./akidb-data" },
      auth: { mode: "auto", tokenTtlSeconds: 900, bootstrapApiKey: undefined },
      audit: { dataPlane: "denied", retentionDays: 90 },
      features: { metricsEnabled: true, autoInitialize: true, mcpEnabled: true },
      wal: { sync: "always", intervalMs: 100, segmentBytes: 67_108_864, retentionSeconds: 604_800 },
      embedding: {
        provider: "hashing",
        model: undefined,
        modelDir: undefined,
        device: "auto",
        url: undefined,
        apiKey: undefined,
        command: undefined,
        pythonPath: undefined,
        batchSize: 32,
        maxQueue: 10_000,
        timeoutMs: 30_000,
      },
      embeddingNext: {
        provider: "none",
        model: undefined,
        modelDir: undefined,
        device: "auto",
        url: undefined,
        apiKey: undefined,
        command: undefined,
        pythonPath: undefined,
        batchSize: 32,
        maxQueue: 10_000,
        timeoutMs: 30_000,
      },
      rerank: { url: undefined, name: "default", model: undefined, apiKey: undefined, timeoutMs: 10_000 },
      hnsw: {
        m: 32,
        efConstruction: 200,
        recallChecksPerMinute: 0,
        efSearch: 128,
        threshold: 10_000,
      },
      snapshot: { intervalSeconds: 0, afterBytes: 0, retainCount: 7, compression: "zstd" },
      tiering: {
        search: "in_memory",
        enabled: true,
        hotToWarmAfterSeconds: 604_800,
        warmToColdAfterSeconds: 2_592_000,
        coldPromotionAccesses: 3,
        maxHotMemoryBytes: 0,
        maxWarmDiskBytes: 0,
        intervalSeconds: 60,
      },
      backup: { to: undefined },
      objectStore: {
        kind: "local",
        bucket: undefined,
        prefix: undefined,
        endpoint: undefined,
        region: undefined,
        accessKeyId: undefined,
        secretAccessKey: undefined,
        forcePathStyle: false,
        sse: undefined,
      },
      limits: {
        maxBodyBytes: 67_108_864,
        maxBatchDocuments: 10_000,
        maxTopK: 10_000,
        maxMemoryBytes: 0,
        maxMetadataBytes: 65_536,
        maxIndexedFields: 256,
        defaultMemoryQuotaBytes: 32 * 2 ** 30,
        defaultStorageQuotaBytes: 2 ** 40,
        defaultQpsQuota: 200,
      },
      logging: { level: "info", format: "json", slowQueryMs: 1_000 },
      tracing: { enabled: false, otlpEndpoint: "http://127.0.0.1:4318", sampleRatio: 0.01 },
    });
  });

  it("log for people where people read", () => {
    expect(load({ isTerminal: true }).logging.format).toBe("pretty");
    expect(load({ isTerminal: true, environment: { AKIDB_LOG_FORMAT: "json" } }).logging.format).toBe("json");
  });

  it("have the types that the table gives them", () => {
    const config = load();
    expectTypeOf(config.server.restPort).toEqualTypeOf<number>();
    expectTypeOf(config.features.autoInitialize).toEqualTypeOf<boolean>();
    expectTypeOf(config.wal.sync).toEqualTypeOf<"always" | "interval" | "never">();
    expectTypeOf(config.logging.format).toEqualTypeOf<"pretty" | "json">();
    expectTypeOf(config.embedding.model).toEqualTypeOf<string | undefined>();
    expectTypeOf(config.data.dir).toEqualTypeOf<string>();
  });
});

describe("sources", () => {
  const file = {
    "my.toml": "[server]\nrest_port = 1\ntimeout_seconds = 1\nhost = 'one'\n[wal]\nsync = 'never'",
  };

  it("flags override the environment, which overrides the file, which overrides defaults", () => {
    const config = load({
      files: file,
      environment: { AKIDB_CONFIG: "my.toml", AKIDB_REST_PORT: "2", AKIDB_SERVER_HOST: "two" },
      flags: { "--rest-port": "3" },
    });
    expect(config.server).toMatchObject({ restPort: 3, host: "two", timeoutSeconds: 1 });
    expect(config.wal).toEqual({
      sync: "never",
      intervalMs: 100,
      segmentBytes: 67_108_864,
      retentionSeconds: 604_800,
    });
  });

  it("--config overrides AKIDB_CONFIG", () => {
    const config = load({
      files: { ...file, "other.toml": "[server]\nrest_port = 7" },
      environment: { AKIDB_CONFIG: "my.toml" },
      flags: { "--config": "other.toml" },
    });
    expect(config.server).toMatchObject({ restPort: 7, host: "127.0.0.1", timeoutSeconds: 30 });
  });

  it("no file is read unless it is named", () => {
    const read: string[] = [];
    const readFile = (path: string): string => {
      read.push(path);
      return "";
    };
    load({ readFile, environment: { AKIDB_CONFIG: "" } });
    expect(read).toEqual([]);
    load({ readFile, environment: { AKIDB_CONFIG: "a.toml" } });
    expect(read).toEqual(["a.toml"]);
  });

  it("a named file must be readable", () => {
    expect(complaints({ environment: { AKIDB_CONFIG: "gone.toml" } })).toEqual([
      'AKIDB_CONFIG: the file "gone.toml" does not exist',
    ]);
    const denied = (): never => {
      throw Object.assign(new Error("no"), { code: "EACCES" });
    };
    expect(complaints({ flags: { "--config": "x" }, readFile: denied })).toEqual([
      '--config: the file "x" cannot be read by this user (EACCES)',
    ]);
    // As the command line tells of it.
    const folder = (): never => {
      throw new AkiDbError("failed_precondition", "no", {
        cause: Object.assign(new Error(), { code: "EISDIR" }),
      });
    };
    expect(complaints({ flags: { "--config": "x" }, readFile: folder })).toEqual([
      '--config: the file "x" is a directory',
    ]);
    expect(complaints({ flags: { "--config": "" } })).toEqual(['--config: the file "" does not exist']);
  });

  it("an empty variable is an unset one, an empty flag is a value", () => {
    expect(load({ environment: { AKIDB_HOST: "", AKIDB_REST_PORT: "" } }).server.restPort).toBe(8080);
    expect(complaints({ flags: { "--host": "", "--rest-port": "" } })).toEqual([
      'server.host: "" in --host is not a string of at least one character',
      'server.rest_port: "" in --rest-port is not a whole number from 0 to 65535',
    ]);
  });

  it("variables that are not ours are left alone", () => {
    const environment = {
      PATH: "/bin",
      AKIDBX: "1",
      AKIDB_URL: "http://127.0.0.1:8080",
      AKIDB_SERVICE_HOST: "10.0.0.7",
      AKIDB_SERVICE_PORT: "8080",
      AKIDB_SERVICE_PORT_HTTP: "8080",
      AKIDB_PORT: "tcp://10.0.0.7:8080",
      AKIDB_REST_PORT: "tcp://10.0.0.7:8080",
      AKIDB_PORT_8080_TCP: "tcp://10.0.0.7:8080",
      AKIDB_PORT_8080_TCP_ADDR: "10.0.0.7",
    };
    expect(load({ environment })).toEqual(load());
  });

  it("all names of an option mean it, and must agree", () => {
    const environment = { AKIDB_REST_PORT: "9", AKIDB_SERVER_REST_PORT: "9" };
    expect(load({ environment }).server.restPort).toBe(9);
    const flags = { "--port": "9", "--rest-port": "9", "--server-rest-port": "9" };
    expect(load({ flags }).server.restPort).toBe(9);
    expect(complaints({ environment: { ...environment, AKIDB_REST_PORT: "8" } })).toEqual([
      "server.rest_port: AKIDB_REST_PORT and AKIDB_SERVER_REST_PORT differ; give one of them",
    ]);
    expect(complaints({ flags: { ...flags, "--port": "8" } })).toEqual([
      "server.rest_port: --rest-port and --port and --server-rest-port differ; give one of them",
    ]);
  });
});

describe("unknown names", () => {
  it("name the nearest known one", () => {
    const toml = `
      rest_port = 1
      data = "x"
      [servr]
      [server]
      rest_prt = 1
      port = 2
      [logging]
      rest_port = 3
    `;
    const flags = { "--config": "my.toml", "--prot": "1", "--confg": "1" };
    const environment = { AKIDB_REST_PROT: "1", AKIDB_PORT: "1", AKIDB_CONFG: "1" };
    expect(complaints({ files: { "my.toml": toml }, flags, environment })).toEqual([
      "rest_port: unknown option in my.toml; did you mean server.rest_port?",
      "data: must be a table in my.toml, written [data]",
      "[servr]: unknown section in my.toml; did you mean [server]?",
      "server.rest_prt: unknown option in my.toml; did you mean server.rest_port?",
      "server.port: unknown option in my.toml; did you mean server.rest_port?",
      "logging.rest_port: unknown option in my.toml; did you mean server.rest_port?",
      "AKIDB_REST_PROT: unknown environment variable; did you mean AKIDB_REST_PORT?",
      "AKIDB_PORT: unknown environment variable; did you mean AKIDB_REST_PORT?",
      "AKIDB_CONFG: unknown environment variable; did you mean AKIDB_CONFIG?",
      "--prot: unknown flag; did you mean --port?",
      "--confg: unknown flag; did you mean --config?",
    ]);
  });

  it("suggest nothing where nothing is near", () => {
    expect(complaints({ environment: { AKIDB_QUUX: "1" }, flags: { "--zzzzzzz": "1" } })).toEqual([
      "AKIDB_QUUX: unknown environment variable",
      "--zzzzzzz: unknown flag",
    ]);
    expect(complaints(withToml("[xylophone]\n[__proto__]\n[wal]\nconstructor = 1"))).toEqual([
      "[xylophone]: unknown section in my.toml",
      "[__proto__]: unknown section in my.toml",
      "wal.constructor: unknown option in my.toml",
    ]);
  });
});

describe("bad values", () => {
  it.each([
    ["rest_port = 65536", "65536 in my.toml is not a whole number from 0 to 65535"],
    ["rest_port = -1", "-1 in my.toml is not a whole number from 0 to 65535"],
    ["rest_port = 80.5", "80.5 in my.toml is not a whole number from 0 to 65535"],
    ["rest_port = nan", "NaN in my.toml is not a whole number from 0 to 65535"],
    ['rest_port = "8080"', '"8080" in my.toml is not a whole number from 0 to 65535'],
    ["rest_port = [1]", "an array in my.toml is not a whole number from 0 to 65535"],
    ["rest_port = {}", "a table in my.toml is not a whole number from 0 to 65535"],
    ["rest_port = 2026-01-31", "a date in my.toml is not a whole number from 0 to 65535"],
    ["rest_port = true", "true in my.toml is not a whole number from 0 to 65535"],
  ])("in a file: %s", (line, detail) => {
    expect(complaints(withToml(`[server]\n${line}`))).toEqual([`server.rest_port: ${detail}`]);
  });

  it.each([
    [
      "AKIDB_REST_PORT",
      "80 80",
      'server.rest_port: "80 80" in AKIDB_REST_PORT is not a whole number from 0 to 65535',
    ],
    [
      "AKIDB_REST_PORT",
      "0x50",
      'server.rest_port: "0x50" in AKIDB_REST_PORT is not a whole number from 0 to 65535',
    ],
    [
      "AKIDB_REST_PORT",
      "1e3",
      'server.rest_port: "1e3" in AKIDB_REST_PORT is not a whole number from 0 to 65535',
    ],
    [
      "AKIDB_WAL_SEGMENT_BYTES",
      "1024",
      "wal.segment_bytes: 1024 in AKIDB_WAL_SEGMENT_BYTES is not a whole number of bytes from 65536 to 1073741824",
    ],
    [
      "AKIDB_FEATURES_AUTO_INITIALIZE",
      "yes",
      'features.auto_initialize: "yes" in AKIDB_FEATURES_AUTO_INITIALIZE is not true or false',
    ],
    [
      "AKIDB_LOG_FORMAT",
      "JSON",
      'logging.format: "JSON" in AKIDB_LOG_FORMAT is not one of pretty, json; did you mean json?',
    ],
    [
      "AKIDB_WAL_SYNC",
      "alway",
      'wal.sync: "alway" in AKIDB_WAL_SYNC is not one of always, interval, never; did you mean always?',
    ],
  ])("in the environment: %s=%s", (name, text, complaint) => {
    expect(complaints({ environment: { [name]: text } })).toEqual([complaint]);
  });

  it("of any source are reported together, also those that are overridden", () => {
    const given = {
      files: { "my.toml": "[server]\nrest_port = 'a'" },
      environment: { AKIDB_REST_PORT: "b" },
      flags: { "--config": "my.toml", "--port": "c" },
    };
    expect(complaints(given)).toEqual(
      ["my.toml", "AKIDB_REST_PORT", "--port"].map(
        (source, i) => `server.rest_port: "${"abc"[i]}" in ${source} is not a whole number from 0 to 65535`,
      ),
    );
  });

  it("a long one is cut", () => {
    const [line = ""] = complaints({ environment: { AKIDB_LOG_LEVEL: "x".repeat(10_000) } });
    expect(line.length).toBeLessThan(200);
  });

  it("a path without meaning is refused here, not by the file system", () => {
    expect(complaints(withToml('[data]\ndir = "a\\u0000b"'))).toEqual([
      'data.dir: "a\\u0000b" in my.toml is not the path of a directory',
    ]);
  });

  it("metadata that no request could carry", () => {
    expect(complaints({ environment: { AKIDB_LIMITS_MAX_BODY_BYTES: "65535" } })).toEqual([
      "limits.max_metadata_bytes: 65536 is more than limits.max_body_bytes (65535): no request could carry it",
    ]);
    expect(load({ environment: { AKIDB_LIMITS_MAX_BODY_BYTES: "65536" } }).limits.maxBodyBytes).toBe(65_536);
  });

  it("a graph whose links could not be filled", () => {
    const environment = (efConstruction: string) => ({
      AKIDB_HNSW_M: "64",
      AKIDB_HNSW_EF_CONSTRUCTION: efConstruction,
    });
    expect(complaints({ environment: environment("63") })).toEqual([
      "hnsw.ef_construction: 63 is less than hnsw.m (64): too few candidates to fill a node's links",
    ]);
    expect(load({ environment: environment("64") }).hnsw).toMatchObject({ m: 64, efConstruction: 64 });
  });

  it("an object store that cannot be, or options that it would not look at", () => {
    const s3 = { AKIDB_OBJECT_STORE_KIND: "s3", AKIDB_OBJECT_STORE_BUCKET: "b" };
    expect(load({ environment: s3 }).objectStore).toMatchObject({ kind: "s3", bucket: "b" });
    expect(complaints({ environment: { AKIDB_OBJECT_STORE_KIND: "s3" } })).toEqual([
      "object_store.bucket: must be given where object_store.kind is s3",
    ]);
    for (const [given, complaint] of [
      [
        { ENDPOINT: "minio:9000" },
        'endpoint: "minio:9000" is not a URL that begins with http:// or https://',
      ],
      [{ ACCESS_KEY_ID: "a" }, "secret_access_key: must be given where the other half of the credentials is"],
      [{ SECRET_ACCESS_KEY: "s" }, "access_key_id: must be given where the other half of the credentials is"],
      [{ SSE: "aes" }, 'sse: "aes" is not AES256, aws:kms or aws:kms:<key id>'],
    ] as const) {
      const named = Object.entries(given).map(([key, value]) => [`AKIDB_OBJECT_STORE_${key}`, value]);
      const environment = { ...s3, ...Object.fromEntries(named) };
      expect(complaints({ environment })).toEqual([`object_store.${complaint}`]);
    }
    for (const sse of ["AES256", "aws:kms", "aws:kms:alias/key"]) {
      expect(load({ environment: { ...s3, AKIDB_OBJECT_STORE_SSE: sse } }).objectStore.sse).toBe(sse);
    }
    expect(load({ environment: { AKIDB_OBJECT_STORE_BUCKET: "/srv/x" } }).objectStore.bucket).toBe("/srv/x");
    const idle = { AKIDB_OBJECT_STORE_REGION: "r", AKIDB_OBJECT_STORE_FORCE_PATH_STYLE: "true" };
    expect(complaints({ environment: idle })).toEqual([
      "object_store.region: means nothing where object_store.kind is local",
      "object_store.force_path_style: means nothing where object_store.kind is local",
    ]);
    const memory = { AKIDB_OBJECT_STORE_KIND: "memory", AKIDB_OBJECT_STORE_BUCKET: "b" };
    expect(complaints({ environment: memory })).toEqual([
      "object_store.bucket: means nothing where object_store.kind is memory",
    ]);
  });

  it("a server that embeds is given whole, or not at all", () => {
    const provider = { AKIDB_EMBEDDING_PROVIDER: "http" };
    expect(complaints({ environment: provider })).toEqual([
      "embedding.model: must be given where embedding.provider is http",
      "embedding.url: must be given where embedding.provider is http",
    ]);
    const model = { ...provider, AKIDB_EMBEDDING_MODEL: "m" };
    expect(complaints({ environment: { ...model, AKIDB_EMBEDDING_URL: "localhost:11434" } })).toEqual([
      'embedding.url: "localhost:11434" is not a URL that begins with http:// or https://',
    ]);
    expect(complaints({ environment: { AKIDB_EMBEDDING_API_KEY: "s3cret" } })).toEqual([
      "embedding.api_key: means nothing where embedding.provider is hashing",
    ]);
  });

  it("a program that embeds is given whole, too, as a list", () => {
    const provider = { AKIDB_EMBEDDING_PROVIDER: "subprocess" };
    expect(complaints({ environment: { ...provider, AKIDB_EMBEDDING_URL: "http://127.0.0.1/v1" } })).toEqual([
      "embedding.url: means nothing where embedding.provider is subprocess",
      "embedding.model: must be given where embedding.provider is subprocess",
      "embedding.command: must be given where embedding.provider is subprocess",
    ]);
    for (const command of ["python3 program.py", '"python3"', "[1]", '["a", ["b"]]', '["\\u0000"]']) {
      expect(complaints({ environment: { AKIDB_EMBEDDING_COMMAND: command } })).toEqual([
        expect.stringMatching(
          /^embedding.command: .* is not a list of strings such as \["python3", "program.py"\]$/,
        ),
      ]);
    }
    const none = withToml("[embedding]\ncommand = []");
    expect(load(none).embedding.command).toBeUndefined();
    expect(complaints(withToml("[embedding]\ncommand = 'python3'"))).toHaveLength(1);
    expect(complaints({ environment: { AKIDB_EMBEDDING_PYTHON_PATH: "/usr/bin/python3" } })).toEqual([
      "embedding.python_path: means nothing where embedding.provider is hashing",
    ]);
  });

  it("a model of a folder has a name, and a folder and a device of its own", () => {
    expect(complaints({ environment: { AKIDB_EMBEDDING_PROVIDER: "onnx" } })).toEqual([
      "embedding.model: must be given where embedding.provider is onnx",
    ]);
    expect(
      complaints({ environment: { AKIDB_EMBEDDING_DEVICE: "cuda", AKIDB_EMBEDDING_MODEL_DIR: "/models" } }),
    ).toEqual([
      "embedding.model_dir: means nothing where embedding.provider is hashing",
      "embedding.device: means nothing where embedding.provider is hashing",
    ]);
  });

  it("a second model has a section within the first one's, and a name of its own", () => {
    const given = "[embedding.next]\nprovider = 'mock'\nbatch_size = 7";
    expect(load(withToml(given)).embeddingNext).toMatchObject({ provider: "mock", batchSize: 7 });
    expect(load({ flags: { "--embedding-next-provider": "mock" } }).embeddingNext.provider).toBe("mock");
    expect(complaints(withToml("[embedding.next]\nprovider = 'http'\nmodel = 'm'"))).toEqual([
      "embedding.next.url: must be given where embedding.next.provider is http",
    ]);
    expect(complaints(withToml("[embedding.next]\nmodel = 'm'"))).toEqual([
      "embedding.next.model: means nothing where embedding.next.provider is none",
    ]);
    expect(complaints(withToml("[embedding.next]\nprovider = 'hashing'"))).toEqual([
      "embedding.next.model: must be another name than that of the model of embedding, which is hashing, too",
    ]);
    expect(complaints(withToml("[embedding.next]\nprovder = 'mock'\n[embedding.nxt]\na = 1"))).toEqual([
      "embedding.next.provder: unknown option in my.toml; did you mean embedding.next.provider?",
      expect.stringMatching(/^embedding.nxt: unknown option in my.toml/),
    ]);
    expect(complaints(withToml("[embedding]\nnext = 'mock'"))).toEqual([
      "embedding.next: must be a table in my.toml, written [embedding.next]",
    ]);
  });

  it("a secret is never shown, and is no flag", () => {
    const secret = "[object_store]\nsecret_access_key = 314159";
    expect(complaints(withToml(secret))).toEqual([
      "object_store.secret_access_key: the value in my.toml is not a string",
    ]);
    const flags = { "--object-store-secret-access-key": "314159" };
    expect(complaints({ flags })).toEqual([expect.stringContaining("unknown flag")]);
    expect(complaints({ flags })[0]).not.toContain("314159");
  });

  it("that contradict each other are reported together", () => {
    const environment = {
      AKIDB_HNSW_M: "64",
      AKIDB_HNSW_EF_CONSTRUCTION: "8",
      AKIDB_LIMITS_MAX_BODY_BYTES: "1024",
    };
    expect(complaints({ environment })).toHaveLength(2);
  });
});

/** A valid value of the option that is not its default, as TOML writes it without quotes. */
function otherValue(spec: OptionSpec): boolean | number | string | readonly string[] {
  switch (spec.type) {
    case "boolean":
      return !spec.default;
    case "integer":
      return spec.default === spec.min ? spec.default + 1 : spec.default - 1;
    case "number":
      return (spec.min + spec.max) / 2;
    case "optional list":
      return ["other", "argument, with a comma"];
    case "enum":
      return spec.values.find((value) => value !== spec.default) ?? "";
    default:
      return "other";
  }
}

/** What an option needs beside it: the others of its section, where it means nothing without them. */
function companions({ name, section, key, env }: ConfigOption): Record<string, string> {
  if (name === "server.tls_cert") return { AKIDB_SERVER_TLS_KEY: "key.pem" };
  if (name === "server.tls_key") return { AKIDB_SERVER_TLS_CERT: "cert.pem" };
  if (section === "rerank") {
    return env.includes("AKIDB_RERANK_URL") ? {} : { AKIDB_RERANK_URL: "http://127.0.0.1/rerank" };
  }
  if (section === "embedding" || section === "embedding.next") {
    const prefix = section === "embedding" ? "AKIDB_EMBEDDING" : "AKIDB_EMBEDDING_NEXT";
    const all = { [`${prefix}_MODEL`]: "m", ...embeddingCompanions(prefix, key) };
    return Object.fromEntries(Object.entries(all).filter(([name]) => !env.includes(name)));
  }
  if (section !== "object_store") return {};
  const all = {
    AKIDB_OBJECT_STORE_KIND: "s3",
    AKIDB_OBJECT_STORE_BUCKET: "bucket",
    AKIDB_OBJECT_STORE_ACCESS_KEY_ID: "id",
    AKIDB_OBJECT_STORE_SECRET_ACCESS_KEY: "secret",
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !env.includes(name)));
}

function embeddingCompanions(prefix: string, key: string): Record<string, string> {
  if (key === "provider") return {};
  if (key === "model_dir" || key === "device") return { [`${prefix}_PROVIDER`]: "onnx" };
  if (key === "command" || key === "python_path") {
    return { [`${prefix}_PROVIDER`]: "subprocess", [`${prefix}_COMMAND`]: '["program"]' };
  }
  return { [`${prefix}_PROVIDER`]: "http", [`${prefix}_URL`]: "http://127.0.0.1/v1" };
}

const validTexts: Readonly<Record<string, string>> = {
  "object_store.endpoint": "https://other",
  "server.cors_origins": "https://other",
  "object_store.sse": "aws:kms",
  "embedding.url": "https://other",
  "embedding.next.url": "https://other",
  "rerank.url": "https://other",
  "tracing.otlp_endpoint": "https://other",
};

describe("every option", () => {
  it.each(configOptions)("$name is set by each of its names", (option) => {
    const { name, section, key, spec, env, flags } = option;
    const value = validTexts[name] ?? otherValue(spec);
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    const given: readonly Given[] = [
      withToml(`[${section}]\n${key} = ${JSON.stringify(value)}`),
      ...env.map((name) => ({ environment: { [name]: text } })),
      ...flags.map((name) => ({ flags: { [name]: text } })),
    ];
    for (const each of given) {
      const environment = { ...companions(option), ...each.environment };
      const config = load({ ...each, environment }) as unknown as Record<string, Record<string, unknown>>;
      expect(config[camelCase(section)]?.[camelCase(key)], JSON.stringify(each)).toEqual(value);
    }
  });
});

describe("good values", () => {
  it("from text", () => {
    const environment = {
      AKIDB_FEATURES_AUTO_INITIALIZE: "false",
      AKIDB_WAL_SEGMENT_BYTES: "1_048_576",
      AKIDB_EMBEDDING_MODEL: "small",
      AKIDB_DB_PATH: "data dir/ü",
    };
    const config = load({ environment });
    expect(config.features.autoInitialize).toBe(false);
    expect(config.wal.segmentBytes).toBe(1_048_576);
    expect(config.embedding.model).toBe("small");
    expect(config.data.dir).toBe("data dir/ü");
  });

  it("an empty model is none", () => {
    expect(load(withToml("[embedding]\nmodel = ''")).embedding.model).toBeUndefined();
    expect(load({ flags: { "--embedding-model": "" } }).embedding.model).toBeUndefined();
  });

  it("the first and last of each range", () => {
    const edges = { AKIDB_LIMITS_MAX_METADATA_BYTES: "0", AKIDB_LIMITS_MAX_BODY_BYTES: "134217728" };
    expect(load({ environment: edges }).limits).toMatchObject({
      maxMetadataBytes: 0,
      maxBodyBytes: 134_217_728,
    });
    const hnsw = (m: number, efConstruction: number, efSearch: number, threshold: number) =>
      load(
        withToml(
          `[hnsw]\nm = ${m}\nef_construction = ${efConstruction}\nef_search = ${efSearch}\nthreshold = ${threshold}`,
        ),
      ).hnsw;
    expect(hnsw(4, 8, 1, 0)).toMatchObject({ m: 4, efConstruction: 8, efSearch: 1, threshold: 0 });
    expect(hnsw(64, 4_096, 40_000, 1_000_000_000)).toMatchObject({
      m: 64,
      efConstruction: 4_096,
      efSearch: 40_000,
      threshold: 1_000_000_000,
    });
    expect(
      complaints(withToml("[hnsw]\nm = 3\nef_construction = 7\nef_search = 0\nthreshold = -1")),
    ).toHaveLength(4);
    expect(
      complaints(
        withToml("[hnsw]\nm = 65\nef_construction = 4097\nef_search = 40001\nthreshold = 1000000001"),
      ),
    ).toHaveLength(4);
  });
});

describe("a file that is not TOML", () => {
  it("is named with line and column", () => {
    expect(complaints(withToml("[server]\nrest_port =\n"))[0]).toMatch(/^my\.toml:2:12: Invalid TOML/);
    expect(complaints(withToml("[server]\nhost = 'a'\nhost = 'b'"))[0]).toMatch(
      /^my\.toml:3:\d+: .*redefine/,
    );
  });

  it("does not hide the problems of other sources", () => {
    const flags = { "--config": "my.toml", "--log-level": "loud" };
    expect(complaints({ flags, files: { "my.toml": "=" } })).toHaveLength(2);
  });

  it("deep nesting is a problem of the file, not of the stack", () => {
    expect(complaints(withToml(`x = ${"[".repeat(100_000)}`))[0]).toMatch(/^my\.toml:1:/);
  });
});

describe("whatever the sources say", () => {
  const sections = Object.keys(optionTable);
  const keys = Object.values(optionTable).flatMap((section) => Object.keys(section.options));
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.integer().map(String),
    fc.constantFrom("true", "info", "json"),
  );
  const anyName = fc.oneof(fc.constantFrom("__proto__", "constructor", "toString", "a.b", ""), fc.string());
  const tomlValue = fc.oneof(
    text.map((value) => JSON.stringify(value)),
    fc.integer().map(String),
    fc.double().map(String),
    fc.constantFrom(
      "true",
      "[]",
      "{}",
      "[{}]",
      "inf",
      "-nan",
      "1979-05-27",
      "07:32:00",
      "0xff",
      "''",
      "9".repeat(30),
    ),
  );
  const tomlLine = fc.oneof(
    fc.oneof(fc.constantFrom(...sections), anyName).map((name) => `[${name}]`),
    fc
      .tuple(fc.oneof(fc.constantFrom(...keys), anyName), tomlValue)
      .map(([key, value]) => `${key} = ${value}`),
    fc.string(),
  );
  const toml = fc.oneof(
    fc.array(tomlLine).map((lines) => lines.join("\n")),
    fc.string({ unit: "binary" }),
  );
  const variable = fc
    .tuple(fc.constantFrom("", ...sections), fc.constantFrom("REST_PORT", ...keys))
    .map(([section, key]) => `AKIDB_${section === "" ? "" : `${section}_`}${key}`.toUpperCase());
  const environment = fc.dictionary(
    fc.oneof(
      variable,
      anyName,
      anyName.map((name) => `AKIDB_${name}`),
    ),
    text,
  );
  const flag = variable.map((name) => `--${name.slice("AKIDB_".length).toLowerCase().replaceAll("_", "-")}`);
  const flags = fc.dictionary(fc.oneof(flag, anyName, fc.constant("--config")), text);

  it("there is a whole configuration or an invalid_argument", () => {
    const whole = Object.keys(load());
    fc.assert(
      fc.property(toml, environment, flags, fc.boolean(), (file, environment, flags, isTerminal) => {
        try {
          const config = loadConfig({ flags, environment, readFile: () => file, isTerminal });
          expect(Object.keys(config)).toEqual(whole);
        } catch (error) {
          if (!(error instanceof AkiDbError)) throw error;
          expect(error.code).toBe("invalid_argument");
          expect(error.violations.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
