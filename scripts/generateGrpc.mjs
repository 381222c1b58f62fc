// Writes what follows from packages/protocol/proto: the messages and services in TypeScript, and the descriptors that
// reflection answers with. Run it after a change there; a test says when it was forgotten.
//   node scripts/generateGrpc.mjs [FOLDER]    the folder instead of packages/protocol/src/grpc/generated
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const proto = join(root, "packages", "protocol", "proto");
const bin = join(root, "node_modules", ".bin");
const folder = resolve(process.argv[2] ?? join(root, "packages", "protocol", "src", "grpc", "generated"));

const buf = (...args) =>
  execFileSync(join(bin, "buf"), args, {
    cwd: proto,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    // The generator warns that the path of a hand-written module ends in .ts, as all do here.
    stdio: ["ignore", "pipe", "pipe"],
  });

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
buf("generate", "--include-imports", "--output", folder);
const descriptors = buf(
  "build",
  "--path",
  "akidb",
  "--exclude-source-info",
  "--as-file-descriptor-set",
  "--output",
  "-#format=binpb",
).toString("base64");
writeFileSync(
  join(folder, "descriptors.ts"),
  `// Written by scripts/generateGrpc.mjs.\n/** A google.protobuf.FileDescriptorSet in base64. */\nexport const descriptors =\n  "${descriptors}";\n`,
);
