import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadConfig } from "@akidb/server/config";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/embeddings.md"), "utf8");
const blocks = (language: string): readonly string[] =>
  [
    ...page.matchAll(
      new RegExp(
        `^(?<!<!-- not run by the test of this page: .* -->\\n)\`\`\`${language}\\n(.*?)^\`\`\``,
        "gms",
      ),
    ),
  ].map(([, code]) => code!);

const skipped = (() => {
  try {
    execFileSync("python3", ["--version"]);
    return "";
  } catch {
    return " (skipped: there is no python3)";
  }
})();

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "akidb-embeddings-"));
  symlinkSync(join(root, "tools"), join(folder, "tools"));
  const [letters, ...others] = blocks("python");
  expect(others).toEqual([]);
  writeFileSync(join(folder, "letters.py"), letters!);
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = (toml: string, environment: Record<string, string> = {}) =>
  loadConfig({
    flags: toml === "" ? {} : { "--config": "page.toml" },
    environment,
    readFile: () => toml,
    isTerminal: false,
  }).embedding;

it("the page's options are options", () => {
  expect(blocks("toml").map((toml) => load(toml).provider)).toEqual(["onnx", "http", "subprocess", "onnx"]);
  for (const toml of blocks("toml")) expect(load(toml).model).toBeDefined();
  const [, command] = /`AKIDB_EMBEDDING_COMMAND='(.*?)'`/.exec(page)!;
  const given = { AKIDB_EMBEDDING_PROVIDER: "subprocess", AKIDB_EMBEDDING_MODEL: "m" };
  expect(load("", { ...given, AKIDB_EMBEDDING_COMMAND: command! }).command).toEqual(
    load(blocks("toml")[2]!).command,
  );
});

it("the page's servers are configured as it says, and what starts them is marked as not run", () => {
  const [, table] = /<!-- not run by the test of this page: .*? -->\n(\| server .*?)\n\n/s.exec(page)!;
  const rows = table!.split("\n").slice(2);
  expect(rows).toHaveLength(4);
  for (const row of rows) {
    const url = /`(http:.*?)`/.exec(row)![1]!;
    const environment = {
      AKIDB_EMBEDDING_PROVIDER: "http",
      AKIDB_EMBEDDING_MODEL: "m",
      AKIDB_EMBEDDING_URL: url,
    };
    expect(load("", environment).url).toBe(url);
  }
});

it.skipIf(skipped !== "")(
  `the page's program speaks the protocol as the page shows it${skipped}`,
  async () => {
    const messages = blocks("json").map((line) => JSON.parse(line) as Record<string, unknown>);
    const [hello, ready, embed, embeddings] = messages;
    const program = spawn("python3", ["letters.py"], {
      cwd: folder,
      env: { ...process.env, PYTHONPATH: "tools" },
    });
    program.stdin.end(`${JSON.stringify(hello)}\n${JSON.stringify(embed)}\n`);
    let output = "";
    for await (const chunk of program.stdout) output += chunk;
    const answers = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const shapeOf = (message: Record<string, unknown> | undefined) =>
      Object.fromEntries(Object.entries(message!).map(([key, value]) => [key, typeof value]));
    expect(answers.map(shapeOf)).toEqual([shapeOf(ready), shapeOf(embeddings)]);
    expect(answers[0]).toMatchObject({ model: ready!["model"], version: ready!["version"] });
    expect(answers[1]).toMatchObject({ id: embed!["id"], tokens: 5 });
  },
);

it.skipIf(skipped !== "")(`the page's commands run${skipped}`, async () => {
  const [doctor, ...others] = blocks("sh");
  expect(others).toEqual([]);
  const bin = join(root, "packages/akidb/bin/akidb.js");
  const script = doctor!.replace("npx akidb", `"${process.execPath}" "${bin}"`);
  // It may find fault with this machine; what it finds of the program is on its output whatever its status.
  const ran = promisify(execFile)("bash", ["-uc", script], { cwd: folder });
  const { stdout } = await ran.catch((error: { readonly stdout: string }) => error);
  expect(stdout).toMatch(/embedding\s+ok\s+letters, 26 dimensions/);
});
