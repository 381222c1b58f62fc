import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileCache } from "./compileCache.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);
let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "akidb-pack-"));
  await run("npm", ["pack", "--pack-destination", folder], { cwd: join(root, "packages/akidb") });
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

it("the package carries the program, its documentation and the tools, and no tests", async () => {
  const { stdout } = await run("tar", ["-tzf", tarball]);
  const files = stdout.trim().split("\n");
  const pages = files.filter((file) => file.startsWith("package/dist/documentation/"));
  expect(files).toEqual(
    expect.arrayContaining([
      "package/bin/akidb.js",
      "package/dist/main.js",
      ...["akidb_embedding", "embed_mlx", "embed_onnx", "model_folder"].map(
        (name) => `package/dist/tools/${name}.py`,
      ),
    ]),
  );
  expect(pages).toEqual(
    expect.arrayContaining(
      [
        "README.md",
        "CHANGELOG.md",
        "docs/configuration.md",
        "docs/decisions/0002-write-ahead-log-format.md",
      ].map((page) => `package/dist/documentation/${page}`),
    ),
  );
  expect(pages.filter((page) => !page.endsWith(".md"))).toEqual([]);
  expect(files.filter((file) => /\.(test|contract)\./.test(file))).toEqual([]);
});

it("the packed demo answers from the documentation it carries", async () => {
  const home = join(folder, "installed");
  mkdirSync(home);
  await run("tar", ["-xzf", tarball, "-C", home]);
  symlinkSync(join(root, "node_modules"), join(home, "package", "node_modules"));
  const { stdout } = await run(
    process.execPath,
    [join(home, "package/bin/akidb.js"), "demo", "how is a torn write told"],
    {
      cwd: home,
      env: compileCache,
    },
  );
  expect(stdout).toMatch(/^1\. .*\n +\S+\.md:\d+ {2}/);
}, 60_000);
