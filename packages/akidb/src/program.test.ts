import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { failedPrecondition, isAkiDbError, SeededRandom, systemClock } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemFiles } from "./adapters/systemFiles.ts";
import { systemMachine } from "./adapters/systemMachine.ts";
import { systemPipes } from "./adapters/systemPipes.ts";
import { exitCodeOf } from "./exitCodes.ts";
import { runProgram } from "./program.ts";
import { recordingTerminal } from "./terminal/recordingTerminal.test.support.ts";
import { UsageError } from "./usageError.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akidb-program-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const parquetFixture = (name: string): string =>
  fileURLToPath(new URL(`../../parquet/fixtures/${name}.parquet`, import.meta.url));
const inFolder = (name: string): string => join(folder, name);

async function akidb(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const terminal = recordingTerminal();
  await runProgram(args, {
    terminal,
    files: systemFiles,
    machine: systemMachine,
    pipes: systemPipes,
    environment,
    clock: systemClock,
    random: new SeededRandom(1),
    version: "1.2.3",
    exitWith: () => {},
  });
  return terminal;
}

/** @returns its exit code and message */
async function refusal(args: readonly string[]): Promise<readonly [code: number | "usage", message: string]> {
  const error = await akidb(args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof UsageError) return ["usage", error.message];
  if (isAkiDbError(error)) return [exitCodeOf(error), error.message];
  throw error ?? new Error("nothing was refused");
}

it("says that the working directory is gone, whatever was to be done there", async () => {
  const before = process.cwd();
  mkdirSync(inFolder("gone"));
  process.chdir(inFolder("gone"));
  rmSync(inFolder("gone"), { recursive: true });
  try {
    for (const args of [
      ["doctor"],
      ["init"],
      ["serve"],
      ["restore", "--from", "backups", "--data-dir", inFolder("new")],
      ["restore", "--from", inFolder("backups"), "--data-dir", "new"],
      ["model", "pull", "a/b", "--model-dir", "models"],
      ["migrate", "v1-to-v2", "--v1-data-dir", "old", "--v2-data-dir", "new"],
    ]) {
      const [code, message] = await refusal(args);
      expect(message, args.join(" ")).toContain("is gone; go to one that is there");
      expect(code).toBe(exitCodeOf(failedPrecondition("")));
    }
  } finally {
    process.chdir(before);
  }
});

describe("help", () => {
  it("has examples for the program and every command", async () => {
    const { printed } = await akidb(["--help"]);
    const commands = [...printed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name as string);
    expect(commands).toEqual(
      expect.arrayContaining(["serve", "import", "query", "collections", "get", "delete", "demo"]),
    );
    for (const args of [
      [],
      ...commands.filter((name) => !["help", "akidb"].includes(name)).map((name) => [name]),
    ]) {
      expect((await akidb([...args, "--help"])).printed).toContain("\nExamples:\n");
    }
  });

  it("says how a file becomes a collection", async () => {
    expect((await akidb(["snapshots", "restore", "--help"])).printed).toContain(
      "akidb import makes a collection",
    );
  });

  it("shows every option of the server once, in groups, with its default", async () => {
    const { printed } = await akidb(["serve", "--help"]);
    for (const text of [
      "Server:",
      "Write-ahead log:",
      "--rest-port <N>",
      "default: 8080",
      "AKIDB_REST_PORT",
    ]) {
      expect(printed).toContain(text);
    }
    expect(printed).not.toContain("--server-rest-port");
  });

  it("fits the terminal", async () => {
    for (const command of ["serve", "import"]) {
      const { printed } = await akidb([command, "--help"]);
      const described = printed.slice(0, printed.indexOf("\nExamples:"));
      // An option may be longer than its line, a description not.
      expect(described.split("\n").filter((line) => line.length > 80 && !line.startsWith("  -"))).toEqual([]);
    }
  });
});

describe("the command line", () => {
  it("has a version", async () => {
    expect((await akidb(["--version"])).printed).toBe("1.2.3\n");
  });

  it.each([
    [["improt", "x"], /^unknown command 'improt'; did you mean import\?$/],
    [["serve", "--prot", "1"], /^unknown option '--prot'$/],
    [["--rest-prot", "1"], /^unknown option '--rest-prot'; did you mean --rest-port\?$/],
    [["get", "c"], /^missing required argument 'ID'$/],
    [["collections"], /^a command is missing$/],
    [["get", "c", "i", "more"], /^too many arguments for 'get'/],
  ])("refuses %j", async (args, message) => {
    expect(await refusal(args)).toEqual(["usage", expect.stringMatching(message)]);
  });

  it("refuses a bad value of a server's option", async () => {
    expect(await refusal(["--rest-port", "x"])).toEqual([
      2,
      expect.stringMatching(/^server.rest_port: "x" in --rest-port is not a whole number/),
    ]);
  });

  it("makes no data directory for a question", async () => {
    expect(await refusal(["query", "c", "x", "--data-dir", inFolder("absent")])).toEqual([
      3,
      expect.stringMatching(/^data directory ".*absent" does not exist/),
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("tenants and databases", () => {
  const run = async (...args: readonly string[]) =>
    (await akidb([...args, "--data-dir", inFolder("data")])).printed;

  it("tenants are created, listed, changed and deleted", async () => {
    expect(await run("tenants", "create", "Acme Corp.", "--metadata", '{"plan": "pro"}')).toBe(
      "created tenant acme-corp\n",
    );
    expect(await run("tenants", "list")).toMatch(/\nacme-corp +Acme Corp\. +active +34\.4 GB +1\.1 TB +200 /);
    expect(await run("tenants", "update", "acme-corp", "--qps-quota", "7", "--status", "suspended")).toMatch(
      /^status +suspended\n(.*\n)*requests\/s +7\nmetadata +\{"plan":"pro"\}\n/m,
    );
    expect(JSON.parse(await run("tenants", "get", "acme-corp", "--json"))).toMatchObject({
      slug: "acme-corp",
      qps_quota: 7,
    });
    expect(await refusal(["tenants", "delete", "acme-corp", "--data-dir", inFolder("data")])).toEqual([
      2,
      "--yes: must be given to delete tenant acme-corp with all that it has where nobody can be asked",
    ]);
    expect(await run("tenants", "delete", "acme-corp", "--yes")).toBe("deleted tenant acme-corp\n");
    await run("tenants", "create", "Acme Corp.");
    expect(JSON.parse(await run("tenants", "delete", "acme-corp", "--yes", "--json"))).toMatchObject({
      slug: "acme-corp",
    });
    expect(JSON.parse(await run("tenants", "list", "--json"))).toMatchObject([{ slug: "default" }]);
  });

  it("databases are created, chosen, changed and deleted", async () => {
    expect(await run("databases", "create", "staging", "--description", "next")).toBe(
      "created database staging\n",
    );
    await run("collections", "create", "c", "--dimension", "16", "--database", "staging");
    expect(JSON.parse(await run("collections", "list", "--json"))).toEqual([]);
    expect(await run("collections", "update", "c", "--name", "d", "--database", "staging")).toMatch(
      /^name +d\n/,
    );
    expect(await run("count", "d", "--database", "staging")).toBe("0\n");
    expect(await run("databases", "update", "staging", "--name", "canary", "--description", "")).toMatch(
      /^name +canary\n/,
    );
    expect(await run("databases", "list")).toMatch(/^NAME .*\ndefault +ready .*\ncanary +ready /);
    expect(await run("databases", "delete", "canary", "--yes")).toBe("deleted database canary\n");
    await run("databases", "create", "next");
    expect(JSON.parse(await run("databases", "delete", "next", "--yes", "--json"))).toMatchObject({
      name: "next",
    });
    expect(await refusal(["databases", "get", "canary", "--data-dir", inFolder("data")])).toEqual([
      3,
      'database "canary" does not exist',
    ]);
  });
});

describe("collections", () => {
  it("are created, listed, shown and deleted", async () => {
    const collections = async (...args: readonly string[]) =>
      (await akidb(["collections", ...args, "--data-dir", inFolder("data")])).printed;
    expect(await collections("create", "images", "--dimension", "16", "--metric", "l2")).toBe(
      "created collection images: 16 dimensions, l2\n",
    );
    expect(JSON.parse(await collections("list", "--json"))).toEqual([
      expect.objectContaining({
        name: "images",
        dimension: 16,
        metric: "l2",
        document_count: 0,
        state: "ready",
      }),
    ]);
    expect(await collections("list")).toMatch(
      /^NAME .* DOCUMENTS +INDEXED .*\nimages +16 +l2 +hashing +0 +0 .* ready\n$/,
    );
    expect(await collections("get", "images")).toContain("dimension        16\n");
    expect(await collections("get", "images")).toMatch(/^indexed +0\ngraph +m 32, ef_construction 200\n/m);
    const deletion = ["collections", "delete", "images", "--data-dir", inFolder("data")];
    expect(await refusal(deletion)).toEqual([
      2,
      "--yes: must be given to delete collection images with 0 documents where nobody can be asked",
    ]);
    expect(await collections("delete", "images", "--yes")).toBe(
      "deleted collection images with 0 documents\n",
    );
    expect(await refusal(["collections", "get", "images", "--data-dir", inFolder("data")])).toEqual([
      3,
      'collection "images" does not exist',
    ]);
  });

  it("have the graph that is asked for", async () => {
    const create = ["collections", "create", "--data-dir", inFolder("data"), "--json"];
    const graph = ["--hnsw-m", "8", "--hnsw-ef-construction", "40", "--quantization", "binary"];
    expect(JSON.parse((await akidb([...create, "coarse", ...graph])).printed)).toMatchObject({
      hnsw: { m: 8, ef_construction: 40 },
      quantization: "binary",
      indexed_count: 0,
      recall_estimate: null,
    });
    const environment = { AKIDB_HNSW_M: "16" };
    expect(JSON.parse((await akidb([...create, "configured"], environment)).printed)).toMatchObject({
      hnsw: { m: 16, ef_construction: 200 },
      quantization: "int8",
    });
    expect(await refusal([...create, "x", "--hnsw-m", "65"])).toEqual([
      2,
      "hnsw.m: must be an integer from 4 to 64",
    ]);
    expect(await refusal([...create, "x", "--hnsw-m", "many"])).toEqual([
      2,
      expect.stringContaining('--hnsw-m: "many" is not a whole number'),
    ]);
    expect(await refusal([...create, "x", "--quantization", "int4"])).toEqual([
      2,
      '--quantization: "int4" is not one of none, int8, binary',
    ]);
  });

  it("keep their log and snapshots where it is asked for", async () => {
    const create = ["collections", "create", "--data-dir", inFolder("data"), "--json"];
    const kept = [
      "--tiering-policy",
      "memory_s3",
      "--sync-policy",
      "manual",
      "--wal-retention-seconds",
      "60",
    ];
    expect(JSON.parse((await akidb([...create, "kept", ...kept])).printed)).toMatchObject({
      tiering_policy: "memory_s3",
      sync_policy: "manual",
      wal_retention_seconds: 60,
    });
    expect(await refusal([...create, "x", "--tiering-policy", "tape"])).toEqual([
      2,
      '--tiering-policy: "tape" is not one of memory, memory_s3, s3_only',
    ]);
    expect(await refusal([...create, "x", "--sync-policy", "never"])).toEqual([
      2,
      '--sync-policy: "never" is not one of continuous, scheduled, manual',
    ]);
  });

  it("go to the object store and come back", async () => {
    const data = ["--data-dir", inFolder("data")];
    const policy = ["--tiering-policy", "memory_s3"];
    await akidb(["collections", "create", "books", ...data, "--dimension", "16", ...policy]);
    expect((await akidb(["tiers", "cool", "books", ...data])).printed).toBe("collection books is cold\n");
    expect((await akidb(["tiers", "list", ...data])).printed).toMatch(/\ncold +1 +0 B +0 B +\d/);
    const pinned = await akidb(["tiers", "pin", "books", ...data, "--json"]);
    expect(JSON.parse(pinned.printed)).toMatchObject({ tier: "cold", pinned: true, access_count: 0 });
  });
});

describe("backup and restore", () => {
  it("copy a data directory and make a new one of it", async () => {
    const data = ["--data-dir", inFolder("data")];
    await akidb(["collections", "create", "books", ...data, "--dimension", "16"]);
    const to = ["--to", inFolder("backups")];
    const { printed } = await akidb(["backup", ...data, ...to, "--json"]);
    const { sent_bytes: sentBytes, ...report } = JSON.parse(printed);
    expect(report).toMatchObject({ collection_count: 1, document_count: 0 });
    expect(sentBytes).toBeGreaterThan(report.total_bytes);
    expect((await akidb(["backup", ...data, ...to])).printed).toContain("1 collections, 0 documents");
    const from = ["restore", "--from", inFolder("backups")];
    const restored = await akidb([
      ...from,
      "--data-dir",
      inFolder("new"),
      "--backup",
      report.backup_id,
      "--json",
    ]);
    expect(JSON.parse(restored.printed)).toEqual(report);
    const shown = await akidb(["collections", "get", "books", "--data-dir", inFolder("new"), "--json"]);
    expect(JSON.parse(shown.printed)).toMatchObject({ name: "books", state: "ready" });
    expect(await refusal([...from, "--data-dir", inFolder("new")])).toEqual([
      exitCodeOf(failedPrecondition("")),
      expect.stringContaining("is not empty"),
    ]);
    expect(await refusal(["backup", "--data-dir", inFolder("none"), ...to])).toEqual([
      3,
      expect.stringContaining("does not exist"),
    ]);
    expect(await refusal(["backup", ...data])).toEqual([2, expect.stringContaining("backup.to")]);
  });

  it("list backups and remove what is not needed any more", async () => {
    const data = ["--data-dir", inFolder("data")];
    const from = ["--from", inFolder("backups")];
    expect((await akidb(["backups", "list", ...from])).noted).toBe("no backups yet\n");
    for (const name of ["a", "b", "c"]) {
      await akidb(["collections", "create", name, ...data, "--dimension", "16"]);
      await akidb(["backup", ...data, "--to", inFolder("backups")]);
    }
    const list = async () => JSON.parse((await akidb(["backups", "list", ...from, "--json"])).printed);
    const [first, second, third] = await list();
    expect(third).toMatchObject({ collection_count: 3, document_count: 0, damage: null });
    const prune = ["backups", "prune", "--keep", "2", ...from];
    expect((await akidb([...prune, "--dry-run"])).printed).toMatch(
      /^would remove backup .*\nwould remove 1 backups and \d+ objects that no backup needs, .*; 2 backups stay\n$/,
    );
    expect(await list()).toHaveLength(3);
    const removed = JSON.parse((await akidb([...prune, "--json"])).printed);
    expect(removed).toMatchObject({ removed_backups: [first.backup_id], kept_count: 2 });
    const environment = { AKIDB_BACKUP_TO: inFolder("backups") };
    await akidb(["backups", "delete", second.backup_id], environment);
    expect((await akidb(["backups", "list"], environment)).printed).toMatch(/^ID .*\n.* 3 +0 .* whole\n$/);
    expect(await list()).toEqual([third]);
    expect(await refusal(["backups", "prune", "--keep", "0", ...from])).toEqual([
      2,
      expect.stringContaining("--keep"),
    ]);
    expect(await refusal(["backups", "list"])).toEqual([2, expect.stringContaining("backup.to")]);
  });
});

describe("db", () => {
  it("shows, reverts and migrates the schema of the catalog, and keeps copies", async () => {
    const data = ["--data-dir", inFolder("data")];
    await akidb(["collections", "create", "books", ...data, "--dimension", "16"]);
    const applied = async () =>
      JSON.parse((await akidb(["db", "status", ...data, "--json"])).printed).map(
        (migration: { applied: boolean }) => migration.applied,
      );
    expect(new Set(await applied())).toEqual(new Set([true]));
    expect((await akidb(["db", "migrate", ...data])).printed).toBe("the catalog is up to date\n");
    expect(await refusal(["db", "revert", ...data])).toEqual([
      2,
      "--yes: must be given to revert a migration where nobody can be asked",
    ]);
    const { printed } = await akidb(["db", "revert", ...data, "--yes"]);
    expect(printed).toMatch(/^reverted migration \d+ \([a-z-]+\)\n$/);
    expect((await applied()).at(-1)).toBe(false);
    expect((await akidb(["db", "status", ...data])).printed).toMatch(
      /^VERSION +NAME +APPLIED\n +1 +hierarchy +yes\n/,
    );
    expect(JSON.parse((await akidb(["db", "migrate", ...data, "--json"])).printed)).toHaveLength(1);
    expect(JSON.parse((await akidb(["db", "migrate", ...data, "--json"])).printed)).toEqual([]);
    const again = JSON.parse((await akidb(["db", "revert", ...data, "--yes", "--json"])).printed);
    expect(printed).toContain(`${again.version} (${again.name})`);
    const migrated = (await akidb(["db", "migrate", ...data])).printed;
    expect(migrated).toBe(printed.replace("reverted", "applied"));
    const copies = readdirSync(inFolder("data")).filter((name) => /^catalog\.db\.v\d+-/.test(name));
    expect(copies).toHaveLength(4);
    expect((await akidb(["collections", "get", "books", ...data, "--json"])).printed).toContain("books");
    expect(await refusal(["db", "status", "--data-dir", inFolder("none")])).toEqual([
      3,
      expect.stringContaining("does not exist"),
    ]);
  });
});

describe("policies", () => {
  it("are created of a file, switched off and on, simulated, and deleted", async () => {
    const data = ["--data-dir", inFolder("policies")];
    mkdirSync(data[1]!);
    writeFileSync(
      inFolder("p.cedar"),
      'forbid (principal in Role::"viewer", action, resource) when { resource is Collection && resource.name like "s-*" };',
    );
    const created = await akidb([
      "policies",
      "create",
      "p 1",
      ...data,
      "--file",
      inFolder("p.cedar"),
      "--json",
    ]);
    expect(JSON.parse(created.printed)).toMatchObject({ name: "p 1", enabled: true });
    const simulate = [
      "policies",
      "simulate",
      "document::read",
      "--role",
      "viewer",
      "--collection",
      "s-1",
      ...data,
    ];
    expect((await akidb(simulate)).printed).toBe("denied: by p 1\n");
    expect((await akidb(["policies", "disable", "p 1", ...data])).printed).toBe("disabled policy p 1\n");
    expect((await akidb(simulate)).printed).toBe("allowed: by role viewer\n");
    expect((await akidb(["policies", "list", ...data])).printed).toMatch(/^p 1 +no +/m);
    const inJson = async (...args: readonly string[]) =>
      JSON.parse((await akidb(["policies", ...args, ...data, "--json"])).printed);
    expect(await inJson("enable", "p 1")).toMatchObject({ name: "p 1", enabled: true });
    expect(await inJson("delete", "p 1")).toMatchObject({ name: "p 1" });
    expect(JSON.parse((await akidb(["policies", "list", ...data, "--json"])).printed)).toEqual([]);
    const broken = await akidb(["policies", "validate", ...data, "--text", "permit (principal"]);
    expect(broken.printed).toMatch(/^error: line 1, column 18: /);
    expect((await akidb(["policies", "shipped", ...data])).printed).toMatch(/^\/\/ role admin$/m);
  });
});

describe("audit", () => {
  it("is verified and exported", async () => {
    const data = ["--data-dir", inFolder("data")];
    await akidb(["collections", "create", "books", ...data, "--dimension", "16"]);
    const report = JSON.parse((await akidb(["audit", "verify", ...data, "--json"])).printed);
    expect(report).toMatchObject({ problem_count: 0, problems: [] });
    const known = `${report.head.sequence}:${report.head.hash}`;
    expect((await akidb(["audit", "verify", ...data, "--known", known])).printed).toMatch(
      new RegExp(`^\\d+ entries: all are as they were written\nnewest: ${known}\n$`),
    );
    const wrong = `${report.head.sequence}:${"0".repeat(64)}`;
    expect((await akidb(["audit", "verify", ...data, "--known", wrong])).printed).toMatch(
      /^entry \d+ is not the entry that was noted\n/,
    );
    await akidb(["audit", "export", ...data, "--output", inFolder("a.csv")]);
    expect(readFileSync(inFolder("a.csv"), "utf8")).toMatch(/^sequence,audit_log_id,created_at,/);
    await akidb([
      "audit",
      "export",
      ...data,
      "--output",
      inFolder("a.jsonl"),
      "--since",
      "2026-01-31T09:30Z",
    ]);
    const lines = readFileSync(inFolder("a.jsonl"), "utf8").split("\n").slice(0, -1);
    expect(lines).toHaveLength(report.entry_count);
  });

  it.each([
    [["verify", "--known", "7"], 2, /^--known: "7" is not a number, ":" and 64 hexadecimal digits$/],
    [["export", "--since", "yesterday"], 2, /^--since: "yesterday" is not a time such as/],
    [["export", "--until", "2026-01-31"], 2, /^--until: .* is not a time such as/],
    [["export", "--format", "xml"], 2, /"xml" is not one of jsonl, csv/],
    [["export", "--tenant", "acme"], 3, /^tenant "acme" does not exist$/],
  ])("refuses %j", async (args, code, message) => {
    const data = ["--data-dir", inFolder("data")];
    await akidb(["collections", "create", "books", ...data, "--dimension", "16"]);
    const output = args[0] === "export" ? ["--output", inFolder("out")] : [];
    expect(await refusal(["audit", ...args, ...data, ...output])).toEqual([
      code,
      expect.stringMatching(message),
    ]);
    expect(readdirSync(folder)).toEqual(["data"]);
  });
});

describe("query", () => {
  it.each([
    [["c"], /exactly one of a TEXT, --full-text, --vector, --vector-file and --id/],
    [["c", "text", "--vector", "[1]"], /exactly one of/],
    [["c", "--vector", "1 2"], /--vector: is not JSON/],
    [["c", "--vector", '["a"]'], /--vector\[0\]: must be a number/],
    [["c", "x", "--top-k", "many"], /--top-k: "many" is not a whole number/],
    [["c", "x", "--id", "a"], /exactly one of/],
    [["c", "x", "--min-score", "high"], /--min-score: "high" is not a number/],
    [["c", "x", "--group-size", "2"], /--group-size: needs --group-by/],
    [["c", "x", "--ef", "0"], /--ef: "0" is not a whole number from 1 to 40000/],
    [["c", "x", "--include", "texts"], /--include: "texts" is not one of metadata, text, vector/],
  ])("refuses %j", async (args, message) => {
    expect(await refusal(["query", ...args])).toEqual([2, expect.stringMatching(message)]);
  });
});

describe("many documents", () => {
  it("are listed, counted and deleted", async () => {
    const rows = Array.from(
      { length: 1_205 },
      (_, n) => `d${n},text ${n},${n % 3},${n < 5 ? "early" : "late"}`,
    );
    writeFileSync(inFolder("many.csv"), `external_id,text,third,time\n${rows.join("\n")}\n`);
    const target = ["--data-dir", inFolder("data")];
    await akidb(["import", inFolder("many.csv"), ...target]);
    const printedBy = async (...args: readonly string[]) => (await akidb([...args, ...target])).printed;
    const lines = (await printedBy("scroll", "many", "--json", "--include", "metadata"))
      .trimEnd()
      .split("\n");
    const listed = lines.map((line) => JSON.parse(line));
    expect(listed.map(({ external_id }) => external_id).sort()).toEqual(rows.map((_, n) => `d${n}`).sort());
    expect(listed.map(({ id }) => id)).toEqual(listed.map(({ id }) => id).sort());
    const early = ["--filter", '{"time": "early"}'];
    const table = await printedBy("scroll", "many", ...early, "--limit", "2");
    expect(table).toMatch(/^ID +EXTERNAL ID +METADATA +TEXT\n\S+ +d0 +\{.*\} +text 0\n\S+ +d1 .*\n$/);
    expect(await printedBy("count", "many")).toBe("1205\n");
    expect(JSON.parse(await printedBy("count", "many", ...early, "--json"))).toEqual({ count: 5 });
    expect(await printedBy("facets", "many", "third", ...early)).toBe(
      "DOCUMENTS  VALUE\n        2  0\n        2  1\n        1  2\n",
    );
    expect(JSON.parse(await printedBy("facets", "many", "time", "--limit", "1", "--json"))).toEqual({
      facets: [{ value: "late", count: 1_200 }],
      distinct_count: 2,
    });
    expect(await printedBy("delete", "many", "d0", "d1", "nobody")).toBe("deleted 2 documents\n");
    expect(await printedBy("delete", "many", ...early, "--dry-run")).toBe("would delete 3 documents\n");
    expect(JSON.parse(await printedBy("delete", "many", ...early, "--dry-run", "--json"))).toEqual({
      matching_count: 3,
    });
    expect(await printedBy("delete", "many", ...early)).toBe("deleted 3 documents\n");
    expect(await printedBy("delete", "many", "--all")).toBe("deleted 1,200 documents\n");
    expect((await akidb(["scroll", "many", ...target])).noted).toBe("no documents\n");
  });

  it.each([
    [["delete", "c"], /delete: give exactly one of IDs, --filter and --all/],
    [["delete", "c", "d", "--all"], /delete: give exactly one of/],
    [["delete", "c", "d", "--dry-run"], /--dry-run: belongs to --filter or --all/],
    [["delete", "c", "--filter", "[]"], /--filter: must be a JSON object/],
    [["count", "c", "--filter", "{"], /--filter: is not JSON/],
    [["facets", "c", "f", "--limit", "0"], /--limit: "0" is not a whole number from 1 to 1000/],
    [["scroll", "c", "--limit", "-1"], /--limit: "-1" is not a whole number/],
  ])("refuses %j", async (args, message) => {
    expect(await refusal(args)).toEqual([2, expect.stringMatching(message)]);
  });
});

describe("import", () => {
  it("maps fields as told", async () => {
    writeFileSync(inFolder("a.csv"), "sku;head;body;count;extra\n7;Head;Body;007;1\n");
    const target = ["--data-dir", inFolder("data")];
    const mapping = [
      "--delimiter",
      ";",
      "--map",
      "id=sku",
      "--text-fields",
      "head,body",
      "--metadata-fields",
      "count",
    ];
    await akidb(["import", inFolder("a.csv"), ...target, ...mapping, "--strings"]);
    expect(JSON.parse((await akidb(["get", "a", "7", "--json", ...target])).printed)).toMatchObject({
      external_id: "7",
      text: "Head\nBody",
      metadata: { count: "007" },
    });
  });

  it("cuts texts into chunks, and replaces them when they are imported again", async () => {
    const target = ["--data-dir", inFolder("data")];
    const chunks = ["--chunk-size", "20", "--chunk-overlap", "5", "--chunk-by", "word"];
    for (const text of ["One two three four five six seven.", "One two."]) {
      writeFileSync(inFolder("chunked.jsonl"), `${JSON.stringify({ external_id: "x", text })}\n`);
      await akidb(["import", inFolder("chunked.jsonl"), ...target, ...chunks]);
    }
    expect((await akidb(["count", "chunked", ...target])).printed.trim()).toBe("1");
    expect(JSON.parse((await akidb(["get", "chunked", "x#0", "--json", ...target])).printed)).toMatchObject({
      text: "One two.",
      version: 2,
      metadata: { chunk: { parent: "x", index: 0, count: 1, start: 0 } },
    });
  });

  it.each([
    ["nowhere.csv", [], 3, /^file ".*nowhere.csv" does not exist$/],
    ["a.txt", [], 2, /the name ".*a.txt" does not tell its format; give one of csv, json, jsonl/],
    ["a.csv", ["--map", "name=x"], 2, /--map: "name=x" is not one of id=, external_id=, text=, vector=/],
    ["a.csv", ["--map", "id=x,id=y"], 2, /--map: names id twice/],
    ["a.csv", ["--batch-size", "0"], 2, /--batch-size: "0" is not a whole number from 1 to 10000/],
    ["a.csv", ["--text-fields", "body"], 2, /a.csv: has no column "body"; its columns are question, answer/],
    ["a.csv", [], 2, /a.csv: has no text or vector under their usual names/],
    [
      "a.csv",
      ["--map", "text=question", "--metric", "hamming"],
      2,
      /"hamming" is not one of cosine, dot, l2/,
    ],
    ["a.csv", ["--chunk-size", "15"], 2, /--chunk-size: "15" is not a whole number from 16 to 100000/],
    ["a.csv", ["--chunk-size", "100", "--chunk-overlap", "51"], 2, /--chunk-overlap: is more than half/],
    ["a.csv", ["--chunk-by", "word"], 2, /--chunk-by: goes with --chunk-size/],
    ["a.csv", ["--delimiter", "ab"], 2, /--delimiter: "ab" is not one character/],
    ["broken.json", [], 2, /broken.json: is not JSON/],
  ])("refuses %s with %j", async (name, args, code, message) => {
    writeFileSync(inFolder("a.csv"), "question,answer\nq,a\n");
    writeFileSync(inFolder("broken.json"), "[1,");
    const target = ["--data-dir", inFolder("data")];
    expect(await refusal(["import", inFolder(name), ...target, ...args])).toEqual([
      code,
      expect.stringMatching(message),
    ]);
  });

  it.each([
    [["-"], /the standard input has no name; give --format and --collection/],
    [["-", "--format", "parquet", "--collection", "c"], /^-: Parquet is read from both ends/],
    [["a.csv", "--rejects", "a.csv"], /--rejects: is the file to import/],
    [["a.csv", "b.csv", "--rejects", "c"], /--rejects: names the rejected rows of one file/],
    [["a.csv", "--url", "http://x", "--data-dir", "y"], /--url: names a server and --data-dir a directory/],
    [["a.csv", "--text-fields", "a", "--map", "text=b"], /both name the text/],
  ])("refuses %j", async (args, message) => {
    expect(await refusal(["import", ...args])).toEqual([2, expect.stringMatching(message)]);
  });

  it("takes Parquet of other tools, with their columns", async () => {
    const target = ["--data-dir", inFolder("data")];
    const { printed } = await akidb(["import", parquetFixture("pandas"), ...target]);
    expect(printed).toMatch(/ pandas +40 +40 +0 /);
    expect(
      JSON.parse(
        (await akidb(["get", "pandas", "doc-3", "--json", "--include", "metadata,vector", ...target]))
          .printed,
      ),
    ).toMatchObject({
      external_id: "doc-3",
      metadata: { n: 3, tags: [], at: { x: 1.5 }, inserted_at: "2026-01-31T09:30:03.123Z" },
      vector: Array.from({ length: 16 }, (_, i) => 3 + i / 16),
    });
    const chosen = ["--collection", "b", "--map", "external_id=page", "--metadata-fields", "version"];
    await akidb([
      "import",
      parquetFixture("arrow-v1"),
      ...target,
      ...chosen,
      "--rejects",
      inFolder("b.jsonl"),
    ]);
    expect(JSON.parse((await akidb(["get", "b", "4", "--json", ...target])).printed)).toMatchObject({
      id: "00000000-0000-0004-0000-00000000001c",
      external_id: "4",
      text: "text 4 ä😀",
      metadata: { version: 5 },
    });
  });

  it("puts rows of Parquet aside that cannot be documents", async () => {
    const target = ["--data-dir", inFolder("data")];
    const rejects = inFolder("rejects.jsonl");
    await akidb(["import", parquetFixture("arrow-v1"), ...target, "--rejects", rejects]);
    const lines = readFileSync(rejects, "utf8").trim().split("\n");
    expect(lines).toHaveLength(33);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      line: 8,
      error: expect.stringContaining('external_id "doc-0" already exists'),
      row: { external_id: "doc-0", page: 7, vector: Array.from({ length: 16 }, (_, i) => 7 + i / 16) },
    });
  });

  it("refuses Parquet that is damaged or has no such column", async () => {
    const target = ["--data-dir", inFolder("data")];
    expect(await refusal(["import", parquetFixture("pandas"), ...target, "--map", "vector=emb"])).toEqual([
      2,
      expect.stringMatching(/pandas.parquet: has no column "emb"; its columns are external_id, vector, /),
    ]);
    writeFileSync(inFolder("cut.parquet"), readFileSync(parquetFixture("pandas")).subarray(0, 1_000));
    expect(await refusal(["import", inFolder("cut.parquet"), ...target])).toEqual([
      2,
      expect.stringMatching(/^[^:]*cut.parquet: does not end with PAR1: cut off, or no Parquet file$/),
    ]);
  });

  it("refuses a collection that is not as asked for", async () => {
    const target = ["--data-dir", inFolder("data")];
    writeFileSync(inFolder("a.csv"), "id,text\n1,words\n");
    await akidb(["collections", "create", "a", ...target]);
    expect(await refusal(["import", inFolder("a.csv"), ...target, "--metric", "l2"])).toEqual([
      5,
      expect.stringContaining('collection "a" has the metric cosine, not l2'),
    ]);
    expect(await refusal(["import", inFolder("a.csv"), ...target, "--quantization", "none"])).toEqual([
      5,
      expect.stringContaining('collection "a" has the quantization int8, not none'),
    ]);
    expect((await akidb(["import", inFolder("a.csv"), ...target, "--metric", "cosine"])).printed).toContain(
      "a.csv",
    );
  });
});

describe("usage", () => {
  it("shows what is used of the quotas, as a table and as JSON", async () => {
    const target = ["--data-dir", inFolder("data")];
    await akidb(["collections", "create", "books", "--dimension", "16", ...target]);
    const { printed } = await akidb(["usage", ...target]);
    expect(printed).toMatch(/^ +USED +QUOTA +SHARE\nmemory +[\d.]+ kB +34\.4 GB +0\.0 %\nstorage /);
    expect(printed).toMatch(/requests\/s +0 +200 +0\.0 %\n\n1 database, 1 collection, 0 documents\n$/);
    const json = await akidb(["usage", "--tenant", "default", "--json", ...target]);
    expect(JSON.parse(json.printed)).toMatchObject({
      memory: { quota_bytes: 2 ** 35 },
      requests: { per_second: 0, quota_per_second: 200 },
      collection_count: 1,
    });
    expect(await refusal(["usage", "--tenant", "nobody", ...target])).toEqual([
      3,
      'tenant "nobody" does not exist',
    ]);
  });
});

describe("verify", () => {
  async function exitOf(args: readonly string[]) {
    const terminal = recordingTerminal();
    const codes: number[] = [];
    await runProgram(args, {
      terminal,
      files: systemFiles,
      machine: systemMachine,
      pipes: systemPipes,
      environment: {},
      clock: systemClock,
      random: new SeededRandom(1),
      version: "1.2.3",
      exitWith: (code) => codes.push(code),
    });
    return { printed: terminal.printed, codes };
  }

  it("says that nothing is damaged, or what is, and exits accordingly", async () => {
    const directory = inFolder("data");
    await akidb(["collections", "create", "books", "--dimension", "16", "--data-dir", directory]);
    const sound = await exitOf(["verify", "--data-dir", directory]);
    expect(sound.printed).toMatch(/^\d+ files, .*: nothing is damaged\n$/);
    expect(sound.codes).toEqual([]);

    const [collection] = readdirSync(join(directory, "collections"));
    const path = join(directory, "collections", collection!, "documents.db");
    writeFileSync(
      path,
      "no database at all, and longer than its header, which is a hundred bytes long ".repeat(9),
    );
    const damaged = await exitOf(["verify", "--data-dir", directory]);
    expect(damaged.codes).toEqual([1]);
    expect(damaged.printed).toContain("books       documents.db  none");
    expect(damaged.printed).toContain("To mend it: ");
    const json = await exitOf(["verify", "--data-dir", directory, "--json"]);
    expect(JSON.parse(json.printed)).toMatchObject({
      damages: [{ collection: "books", file: "documents.db", loss: "none" }],
      put_aside: [],
    });
  });
});
