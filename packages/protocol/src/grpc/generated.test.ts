import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const proto = join(root, "packages/protocol/proto");
const committed = fileURLToPath(new URL("generated", import.meta.url));

const filesOf = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    globSync("**/*.ts", { cwd: folder })
      .sort()
      .map((path) => [path, readFileSync(join(folder, path), "utf8")]),
  );

describe("the .proto files", () => {
  it("are what the generated code was made from", () => {
    const folder = mkdtempSync(join(tmpdir(), "akidb-proto-"));
    try {
      execFileSync(process.execPath, [join(root, "scripts/generateGrpc.mjs"), folder]);
      const fresh = filesOf(folder);
      expect(Object.keys(fresh).length).toBeGreaterThan(5);
      expect(filesOf(committed), "stale; run: npm run generate:grpc").toEqual(fresh);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["keep to the rules of the field", ["lint"]],
    [
      "break no client of what was published",
      ["breaking", "--path", "akidb", "--against", "published/2.0.binpb"],
    ],
  ])("%s", (_, args) => {
    execFileSync(join(root, "node_modules/.bin/buf"), args, { cwd: proto, stdio: "pipe" });
  });
});
