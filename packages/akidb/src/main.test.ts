import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCliHere } from "./adapters/cliHere.test.support.ts";
import {
  type CliRun,
  runCli,
  type ServerProcess,
  startServerProcess,
} from "./adapters/cliProcess.test.support.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "akidb-cli-"));
});
afterAll(() => rmSync(root, { recursive: true }));

let folderCount = 0;
/** An empty working directory. */
function newFolder(): string {
  const path = join(root, String(++folderCount));
  mkdirSync(path);
  return path;
}

const failed = (code: number, message: string | RegExp) => ({
  code,
  stdout: "",
  stderr: typeof message === "string" ? `akidb: ${message}\n` : expect.stringMatching(message),
});

const books = [
  'id,title,text,year,vector,"in print"',
  'isbn-1,Sorting,"Sorting, in ""linear"" time",1990,,true',
  "isbn-2,Foxes,The quick brown fox,2001,,false",
].join("\r\n");

describe("data commands", () => {
  const ways = ["in this process", "through the server that has the directory"];
  describe.each(ways)("%s", (way) => {
    let cwd: string;
    let server: ServerProcess | undefined;

    beforeAll(async () => {
      cwd = newFolder();
      if (way === "in this process") return;
      const dataDirectory = join(cwd, "akidb-data");
      mkdirSync(dataDirectory);
      server = await startServerProcess(dataDirectory);
    });
    afterAll(() => server?.stop());

    const akidb = (args: readonly string[]): Promise<CliRun> => runCliHere(args, { cwd });
    const akidbProcess = (args: readonly string[]): Promise<CliRun> => runCli(args, { cwd });

    it("import, and search", async () => {
      writeFileSync(join(cwd, "books.csv"), books);
      const imported = await akidbProcess(["import", "books.csv"]);
      // How far it is, where that takes seconds.
      expect(imported).toMatchObject({ code: 0, stderr: expect.stringMatching(/^(books: .*\/s\n)*$/) });
      expect(imported.stdout).toMatch(/^FILE .*\nbooks.csv +books +2 +2 +0 +[\d,]+\n$/);

      const found = await akidbProcess(["query", "books", "linear sorting", "--top-k", "1"]);
      expect(found).toMatchObject({ code: 0, stderr: "" });
      expect(found.stdout).toMatch(
        /^# +SCORE +ID +TEXT +METADATA\n1 +0\.\d{4} +isbn-1 +Sorting, in "linear"/,
      );

      const json = JSON.parse((await akidb(["query", "books", "fox", "--ef", "8", "--json"])).stdout);
      expect(json).toEqual({
        matches: [
          {
            id: expect.any(String),
            external_id: "isbn-2",
            score: expect.any(Number),
            distance: expect.any(Number),
            text: "The quick brown fox",
            metadata: { title: "Foxes", year: 2001, "in print": false },
          },
          expect.objectContaining({ external_id: "isbn-1" }),
        ],
        latency_ms: expect.any(Number),
      });
      const exactly = await akidb(["query", "books", "fox", "--exact", "--json"]);
      expect(JSON.parse(exactly.stdout).matches).toEqual(json.matches);
    });

    // What is asked for and how it is printed does not depend on where the data is.
    if (way === ways[1]) {
      it("read with every option, export and import again", async () => {
        const alike = await akidb([
          "query",
          "books",
          "--id",
          "isbn-1",
          "--explain",
          "--filter",
          '{"year": 2001}',
        ]);
        expect(alike.stdout).toMatch(/^1 .*isbn-2/m);
        expect(alike.stdout).toMatch(/^plan +exact: every document that could be an answer was compared$/m);
        expect(alike.stdout).toMatch(/^year +\$eq +index +1$/m);
        const grouped = await akidb(["query", "books", "fox", "--group-by", "year", "--group-size", "1"]);
        expect(grouped.stdout).toMatch(/^2001\n# .*\n1 .*isbn-2[\s\S]*^1990\n# .*\n1 .*isbn-1/m);

        const said = await akidb(["query", "books", "--full-text", '"brown fox" -linear', "--explain"]);
        expect(said.stdout).toMatch(/^plan +text: the full text alone$/m);
        expect(said.stdout).toMatch(/^1 .*isbn-2 +The quick brown fox/m);
        const both = await akidb([
          "query",
          "books",
          "sorting",
          "--hybrid",
          "fox",
          "--fusion",
          "weighted",
          "--json",
        ]);
        const { matches: fused } = JSON.parse(both.stdout);
        expect(fused.map(({ highlights }: { highlights: unknown }) => highlights)).toContainEqual([
          "The quick brown <mark>fox</mark>",
        ]);

        const shown = await akidb(["get", "books", "isbn-1", "--json"]);
        expect(JSON.parse(shown.stdout)).toMatchObject({
          external_id: "isbn-1",
          metadata: { title: "Sorting", year: 1990, "in print": true },
          version: 1,
        });
        const lines = await akidbProcess(["export", "books", "--output", "-", "--format", "jsonl"]);
        expect(lines).toMatchObject({ code: 0, stderr: expect.stringMatching(/^exported 2 documents/) });
        const exported = lines.stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line));
        expect(exported.map(({ external_id }) => external_id)).toEqual(["isbn-1", "isbn-2"]);
        expect(await akidb(["export", "books"])).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/^exported 2 documents, \S+ kB, to books.parquet\n$/),
        });
        expect((await akidb(["import", "books.parquet", "--collection", "copy"])).code).toBe(0);
        const copied = JSON.parse((await akidb(["get", "copy", "isbn-1", "--json"])).stdout);
        expect({ ...copied, inserted_at: 0, updated_at: 0 }).toEqual({
          ...JSON.parse(shown.stdout),
          inserted_at: 0,
          updated_at: 0,
        });
        const parquet = await akidbProcess(["export", "books", "--format", "parquet", "--output", "-"]);
        expect(parquet.stdout).toMatch(/^PAR1/);
        expect((await akidb(["snapshots", "list", "books"])).stdout).toBe("");
      });
    }

    it("patch, and delete", async () => {
      const change = ["--metadata", '{"year": 1991, "in print": null}', "--ttl", "3600"];
      expect(await akidb(["patch", "books", "isbn-1", ...change, "--if-version", "1"])).toEqual({
        code: 0,
        stdout: "patched isbn-1, version 2 now\n",
        stderr: "",
      });
      const patched = JSON.parse((await akidb(["get", "books", "isbn-1", "--json"])).stdout);
      expect(patched).toMatchObject({ metadata: { title: "Sorting", year: 1991 }, version: 2 });
      expect(patched.expires_at > new Date().toISOString()).toBe(true);
      const stale = ["patch", "books", "isbn-1", "--no-expiry", "--if-version", "1"];
      expect(await akidb(stale)).toEqual(failed(5, "if_version is 1, and the version is 2"));
      expect((await akidb(["patch", "books", "isbn-1"])).code).toBe(2);

      expect(await akidb(["delete", "books", "isbn-1"])).toEqual({
        code: 0,
        stdout: "deleted isbn-1\n",
        stderr: "",
      });
      expect(await akidb(["get", "books", "isbn-1"])).toEqual(failed(3, 'document "isbn-1" does not exist'));
    });

    it("back up, and restore", async () => {
      await akidb(["collections", "create", "kept", "--dimension", "16"]);
      const taken = await akidb(["backup", "--to", "backups", "--json"]);
      expect(taken).toMatchObject({ code: 0, stderr: "" });
      const { backup_id: id, document_count: documentCount } = JSON.parse(taken.stdout);
      const again = await akidb(["backup", "--to", "backups"]);
      expect(again.stdout).toMatch(/^backup .*: \d+ collections, .* of them sent\n$/);
      const restored = await akidb([
        "restore",
        "--from",
        "backups",
        "--data-dir",
        "new",
        "--backup",
        id,
        "--json",
      ]);
      expect(JSON.parse(restored.stdout)).toMatchObject({ document_count: documentCount });
      const shown = await akidb(["collections", "get", "kept", "--data-dir", "new", "--json"]);
      expect(JSON.parse(shown.stdout)).toMatchObject({ name: "kept", state: "ready" });
      const nowhere = await akidb(["backup"]);
      expect(nowhere).toEqual(failed(server === undefined ? 2 : 5, /^akidb: .*backup\.to.*\n$/));
    });
  });
});

describe("import", () => {
  const vectorOf = (first: number): number[] => [first, ...new Array(15).fill(1)];

  it("reads JSON, JSONL and the standard input, and takes the dimension of the first vector", async () => {
    const cwd = newFolder();
    const documents = [1, 2, 3].map((n) => ({ id: `d${n}`, vector: vectorOf(n), n }));
    writeFileSync(join(cwd, "a.json"), JSON.stringify({ documents }));
    writeFileSync(
      join(cwd, "b.jsonl"),
      documents.map((document) => `${JSON.stringify(document)}\n`).join(""),
    );
    const input = documents.map((document) => JSON.stringify(document)).join("\n");
    const run = await runCliHere(["import", "a.json", "b.jsonl", "--collection", "d", "--json"], { cwd });
    expect(JSON.parse(run.stdout)).toEqual(
      ["a.json", "b.jsonl"].map((file) => ({
        file,
        collection: "d",
        read: 3,
        imported: 3,
        rejected: 0,
        rejects_file: null,
        duration_ms: expect.any(Number),
        documents_per_second: expect.any(Number),
      })),
    );
    const fromPipe = ["import", "-", "--format", "jsonl", "--collection", "d"];
    expect(await runCli(fromPipe, { cwd, input })).toMatchObject({ code: 0 });
    const [info] = JSON.parse((await runCliHere(["collections", "list", "--json"], { cwd })).stdout).filter(
      ({ name }: { name: string }) => name === "d",
    );
    expect(info).toMatchObject({ dimension: 16, document_count: 3 });
    writeFileSync(join(cwd, "q.json"), JSON.stringify(vectorOf(1)));
    const query = ["query", "d", "--vector-file", "q.json", "-k", "1", "--include", "vector"];
    const found = await runCliHere(query, { cwd });
    expect(found.stdout).toMatch(/^# +SCORE +ID +VECTOR\n1 +1\.0000 +d1 +\[1,1,1/);
  });

  it("puts rows that cannot be imported in a file, with the reason", async () => {
    const cwd = newFolder();
    const lines = [
      '{"id":"a","text":"fine"}',
      "{",
      '{"id":"b"}',
      '{"id":"c","text":"fine","vector":[1,2]}',
      '"x"',
    ];
    writeFileSync(join(cwd, "mixed.jsonl"), lines.join("\n"));
    const run = await runCliHere(["import", "mixed.jsonl"], { cwd });
    expect(run).toMatchObject({ code: 1, stderr: "rejected rows and why: mixed.jsonl.rejects.jsonl\n" });
    expect(run.stdout).toMatch(/mixed.jsonl +mixed +5 +1 +4 /);
    const rejects = readFileSync(join(cwd, "mixed.jsonl.rejects.jsonl"), "utf8").trim().split("\n");
    const parsed = rejects.map((line) => JSON.parse(line)).sort((a, b) => a.line - b.line);
    expect(parsed).toEqual([
      { line: 2, error: expect.stringContaining("is not JSON"), row: "{" },
      { line: 3, error: expect.stringContaining("no text or vector"), row: { id: "b" } },
      {
        line: 4,
        error: expect.stringContaining("dimension is 384"),
        row: { id: "c", text: "fine", vector: [1, 2] },
      },
      { line: 5, error: "is not a JSON object", row: "x" },
    ]);
  });
});

describe("demo", () => {
  it("answers a question from the documentation, and leaves nothing behind", async () => {
    const cwd = newFolder();
    const temporary = newFolder();
    const run = await runCli(["demo", "What", "does", "AKIDB_REST_PORT", "mean?"], {
      cwd,
      environment: { TMPDIR: temporary },
    });
    expect(run.code).toBe(0);
    expect(run.stderr).toContain("lexical");
    expect(run.stdout).toMatch(/^1\. .*\n {3}\S+\.md:\d+ {2}0\.\d{3}\n {3}/);
    expect(run.stdout).toContain("AKIDB_REST_PORT");
    expect(readdirSync(cwd)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("reads questions until an empty line", async () => {
    const run = await runCli(["demo"], { cwd: newFolder(), input: "port\n?!\n\nnever asked\n" });
    expect(run.code).toBe(0);
    expect(run.stdout.match(/^1\. /gm)).toHaveLength(1);
    expect(run.stderr).toContain("The question must have a letter");
  });
});

describe("the command line", () => {
  it("has a version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    expect(await runCli(["--version"], { cwd: newFolder() })).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  it("reports an error in one line", async () => {
    const run = await runCli(["improt", "x"], { cwd: newFolder() });
    expect(run).toEqual(failed(2, /^akidb: unknown command 'improt'; did you mean import\?.*\n$/));
  });

  it("talks to the server that AKIDB_URL names", async () => {
    const environment = { AKIDB_URL: "http://127.0.0.1:1" };
    const run = await runCliHere(["collections", "list"], { cwd: newFolder(), environment });
    expect(run).toEqual(failed(11, /^akidb: no answer from http:\/\/127.0.0.1:1 \(.*\); .*\n$/));
  });

  it("says who has the data directory", async () => {
    const directory = newFolder();
    const server = await startServerProcess(directory);
    try {
      const run = await runCli(["serve", "--data-dir", directory, "--port", "0", "--grpc-port", "0"], {
        cwd: directory,
      });
      expect(run).toEqual(failed(5, /^akidb: .*in use by process \d+ \(akidb serve, http:.*\n$/));
    } finally {
      await server.stop();
    }
  });

  it("ends quietly when its reader has seen enough", async () => {
    const bin = fileURLToPath(new URL("../bin/akidb.js", import.meta.url));
    const child = spawn(process.execPath, [bin, "serve", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.stdout.destroy();
    await once(child, "close");
    expect(stderr).toBe("");
    expect(child.exitCode).toBe(0);
  });
});
