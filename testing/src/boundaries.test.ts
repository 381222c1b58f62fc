import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readProject } from "./boundaries/adapters/readProject.ts";
import { browserSafety } from "./boundaries/browserSafety.ts";
import { declaredLibraries } from "./boundaries/declaredLibraries.ts";
import { fileNames } from "./boundaries/fileNames.ts";
import { importCycles } from "./boundaries/importCycles.ts";
import { importReach } from "./boundaries/importReach.ts";
import { type LibraryHomes, libraryHomes } from "./boundaries/libraryHomes.ts";
import { outsideWorld } from "./boundaries/outsideWorld.ts";
import { type Arrows, packageArrows } from "./boundaries/packageArrows.ts";
import type { Rule } from "./boundaries/project.ts";
import { describeViolation } from "./boundaries/violation.ts";

const arrows: Arrows = {
  "@akidb/base": [],
  "@akidb/kernel": ["@akidb/base"],
  "@akidb/engine": ["@akidb/base", "@akidb/kernel", "@akidb/parquet"],
  "@akidb/parquet": ["@akidb/base"],
  "@akidb/catalog": ["@akidb/base"],
  "@akidb/access": ["@akidb/base", "@akidb/catalog"],
  "@akidb/embedding": ["@akidb/base"],
  "@akidb/objects": ["@akidb/base"],
  "@akidb/protocol": ["@akidb/base"],
  "@akidb/database": [
    "@akidb/base",
    "@akidb/access",
    "@akidb/engine",
    "@akidb/catalog",
    "@akidb/embedding",
    "@akidb/objects",
  ],
  "@akidb/migration": [
    "@akidb/access",
    "@akidb/base",
    "@akidb/catalog",
    "@akidb/database",
    "@akidb/engine",
    "@akidb/parquet",
  ],
  "@akidb/mcp": ["@akidb/base", "@akidb/protocol"],
  "@akidb/server": ["@akidb/base", "@akidb/database", "@akidb/mcp", "@akidb/protocol"],
  "@akidb/client": ["@akidb/base", "@akidb/protocol"],
  "@akidb/langchain": ["@akidb/base"],
  "@akidb/llamaindex": ["@akidb/base"],
  "@akidb/mastra": ["@akidb/base"],
  akidb: [
    "@akidb/base",
    "@akidb/client",
    "@akidb/database",
    "@akidb/mcp",
    "@akidb/migration",
    "@akidb/parquet",
    "@akidb/server",
  ],
  "@akidb/testing": "any",
};

const homes: LibraryHomes = [
  ["better-sqlite3", "packages/catalog", "packages/engine/src/adapters/sqlite"],
  ["kysely", "packages/catalog"],
  ["@node-rs/argon2", "packages/access/src/passwords"],
  ["jose", "packages/access/src/tokens"],
  ["@cedar-policy/cedar-wasm", "packages/access/src/policies"],
  ["fastify", "packages/server/src/rest"],
  ["@fastify/", "packages/server/src/rest"],
  ["@grpc/", "packages/server/src/grpc", "packages/client/src/grpc"],
  ["grpc-health-check", "packages/server/src/grpc"],
  ["@bufbuild/protobuf", "packages/protocol/src/grpc"],
  ["@modelcontextprotocol/", "packages/mcp"],
  ["prom-client", "packages/server/src/telemetry"],
  ["@opentelemetry/", "packages/server/src/telemetry"],
  ["@langchain/", "packages/langchain"],
  ["@llamaindex/", "packages/llamaindex"],
  ["@mastra/", "packages/mastra"],
  ["commander", "packages/akidb"],
  ["@node-rs/crc32", "packages/catalog", "packages/engine", "packages/objects", "packages/parquet"],
  ["@aws-sdk/", "packages/objects/src/s3"],
  ["cockatiel", "packages/objects/src/retry", "packages/embedding/src/queue"],
  ["onnxruntime-node", "packages/embedding/src/adapters"],
  ["@huggingface/tokenizers", "packages/embedding/src/onnx"],
  ["hyparquet", "packages/parquet"],
  ["hyparquet-writer", "packages/parquet"],
];

const rules: readonly (readonly [promise: string, rule: Rule])[] = [
  ["packages import along the arrows", (project) => packageArrows(project, arrows)],
  ["libraries are declared where they are used", declaredLibraries],
  ["imports stay within the package or go through exports", importReach],
  ["imports make no circle", importCycles],
  ["only adapters touch the outside world", outsideWorld],
  ["each library stays in its home", (project) => libraryHomes(project, homes)],
  [
    "what browsers run knows no Node",
    (project) => browserSafety(project, ["@akidb/base", "@akidb/protocol", "@akidb/client"]),
  ],
  ["names say what is inside", fileNames],
];

describe("boundaries", () => {
  const project = readProject(fileURLToPath(new URL("../..", import.meta.url)));

  it("cover every package", () => {
    expect(project.packages.map(({ name }) => name).sort()).toEqual(Object.keys(arrows).sort());
    for (const { folder } of project.packages) {
      expect(
        project.modules.some(({ path }) => path.startsWith(`${folder}/src/`)),
        folder,
      ).toBe(true);
    }
  });

  it.each(rules)("%s", (_, rule) => {
    expect(rule(project).map(describeViolation)).toEqual([]);
  });
});
