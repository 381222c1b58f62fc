import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAkiDbError, SeededRandom, systemClock } from "@akidb/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemFiles } from "./adapters/systemFiles.ts";
import { systemMachine } from "./adapters/systemMachine.ts";
import { systemPipes } from "./adapters/systemPipes.ts";
import { runProgram } from "./program.ts";
import { type RecordingTerminal, recordingTerminal } from "./terminal/recordingTerminal.test.support.ts";

const password = "four words of no meaning";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "akidb-users-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Run extends Pick<RecordingTerminal, "printed" | "noted"> {
  readonly error: string | undefined;
  readonly exitCode: number;
}

let seed = 0;
async function run(args: readonly string[], terminal: RecordingTerminal): Promise<Run> {
  let exitCode = 0;
  const error = await runProgram(args, {
    terminal,
    files: systemFiles,
    machine: systemMachine,
    pipes: systemPipes,
    environment: { AKIDB_DB_PATH: join(folder, "data") },
    clock: systemClock,
    random: new SeededRandom(++seed),
    version: "1.2.3",
    exitWith: (code) => {
      exitCode = code;
    },
  }).then(
    () => undefined,
    (thrown: unknown) => {
      if (isAkiDbError(thrown)) return thrown.message;
      throw thrown;
    },
  );
  const { printed, noted } = terminal;
  expect(printed + noted + error).not.toContain(password);
  return { printed, noted, error, exitCode };
}

/** Somebody types these lines. */
const typed = (args: readonly string[], ...lines: string[]) =>
  run(args, recordingTerminal(lines, { inIsTerminal: true }));
/** They come from a file or a pipe. */
const piped = (args: readonly string[], ...lines: string[]) => run(args, recordingTerminal(lines));

describe("akidb init", () => {
  const init = () => ["init", "--config", join(folder, "config.toml")];

  it("asks for the first admin, and makes it, a key and a configuration", async () => {
    const { printed, noted, error } = await typed(init(), "ada@example.org", password, password);
    expect(error).toBeUndefined();
    expect(printed).toMatch(/^akidb_[\w-]{43}\n$/);
    expect(noted).toContain("created user ada@example.org: admin\n");
    expect(noted).toContain("credentials required");
    const config = readFileSync(join(folder, "config.toml"), "utf8");
    expect(config).toContain(`dir = ${JSON.stringify(join(folder, "data"))}`);
    expect(config).toContain('[auth]\nmode = "required"');
    expect(statSync(join(folder, "config.toml")).mode & 0o777).toBe(0o600);
    expect((await piped(["users", "list"])).printed).toMatch(/^ada@example\.org +admin +active +never /m);
    expect((await piped(["keys", "list"])).printed).toMatch(/^admin +akidb_\S+ +admin +- +good /m);

    const again = await piped(init());
    expect(again).toMatchObject({ printed: "", error: undefined });
    expect(again.noted).toMatch(/users or keys already.*\n.*config\.toml is there already/);
    expect(readFileSync(join(folder, "config.toml"), "utf8")).toBe(config);
  });

  it("takes the password from the standard input, too", async () => {
    const args = [...init(), "--email", "ada@example.org", "--password-stdin"];
    expect((await piped(args, password)).printed).toMatch(/^akidb_/);
  });

  it("leaves a configuration alone that is there, and says what it lacks", async () => {
    writeFileSync(join(folder, "config.toml"), '[auth]\nmode = "auto"\n');
    const { noted } = await typed(init(), "ada@example.org", password, password);
    expect(noted).toContain('it says auth.mode = "auto"; "required" asks everybody');
    expect(readFileSync(join(folder, "config.toml"), "utf8")).toBe('[auth]\nmode = "auto"\n');
  });

  it.each([
    ["nobody can be asked", [], [], /^--email: must be given/],
    ["nobody can be asked for a password", ["--email", "a@b.c"], [], /^--password-stdin: must be given/],
    ["the input is empty", ["--email", "a@b.c", "--password-stdin"], [], /^--password-stdin: .* is empty$/],
    ["the e-mail is none", ["--email", "ada", "--password-stdin"], [password], /^email: must be an e-mail/],
    ["the password is short", ["--email", "a@b.c", "--password-stdin"], ["short"], /^password: must have at/],
  ])("makes no configuration where %s", async (_, flags, lines, complaint) => {
    expect((await piped([...init(), ...flags], ...lines)).error).toMatch(complaint);
    expect(existsSync(join(folder, "config.toml"))).toBe(false);
  });

  it("makes nothing where what is typed differs, or ends", async () => {
    const differs = await typed(init(), "ada@example.org", password, `${password}!`);
    expect(differs.error).toBe("password: was not the same the second time");
    expect((await typed(init(), "ada@example.org", password)).error).toBe("password: was not given");
    expect((await typed(init())).error).toBe("--email: was not given");
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  it("sets up no other directory than the server would open", async () => {
    writeFileSync(join(folder, "config.toml"), '[auth]\nmode = "required"\n');
    const { error } = await typed([...init(), "--data-dir", join(folder, "other")]);
    expect(error).toMatch(/^--data-dir: is not the directory that a server with .* would open, ".*data"$/);
    expect(existsSync(join(folder, "other"))).toBe(false);
  });
});

describe("akidb users and akidb keys", () => {
  const create = (email: string, ...flags: string[]) =>
    piped(["users", "create", email, "--password-stdin", ...flags], password);

  beforeEach(() => piped(["collections", "create", "books", "--dimension", "16"]));

  it("create, change, show and delete users", async () => {
    expect((await create("ada@example.org", "--role", "admin")).printed).toBe(
      "created user ada@example.org: admin\n",
    );
    expect(JSON.parse((await create("bob@example.org", "--json")).printed)).toMatchObject({
      email: "bob@example.org",
      role: "developer",
      status: "active",
    });
    expect((await create("bob@example.org")).error).toContain("already exists");
    const update = ["users", "update", "bob@example.org"];
    expect((await piped([...update, "--status", "suspended", "--role", "viewer"])).printed).toBe(
      "updated user bob@example.org: viewer, suspended\n",
    );
    expect((await piped(update)).error).toMatch(/nothing is to be changed/);
    const set = ["users", "set-password", "bob@example.org"];
    expect((await typed(set, `${password} 2`, `${password} 2`)).printed).toBe(
      "set the password of user bob@example.org\n",
    );
    const remove = ["users", "delete", "BOB@example.org"];
    expect((await piped(remove)).error).toMatch(/^--yes: must be given to delete user bob@example.org/);
    expect(await typed(remove, "n")).toMatchObject({ printed: "", exitCode: 1 });
    expect((await typed(remove, "y")).printed).toBe("deleted user bob@example.org\n");
    const listed = JSON.parse((await piped(["users", "list", "--json"])).printed);
    expect(listed.map(({ email }: { email: string }) => email)).toEqual(["ada@example.org"]);
    expect((await piped(["users", "list", "--tenant", "none"])).error).toBe('tenant "none" does not exist');
  });

  it("create, show, revoke and delete keys, and print a secret alone", async () => {
    await create("ada@example.org", "--role", "admin");
    const made = await piped(["keys", "create", "ci", "--role", "viewer"]);
    expect(made.printed).toMatch(/^akidb_[\w-]{43}\n$/);
    expect(made.noted).toMatch(/^created key ci \(.*\); this is its secret, shown this once:\n$/);
    const confined = ["--collections", "books", "--read-only", "--filter", '{"team": "a"}'];
    const more = ["--user", "ada@example.org", "--expires-at", "2999-01-31T12:00:00Z", "--json"];
    const key = JSON.parse((await piped(["keys", "create", "own", ...confined, ...more])).printed);
    expect(key).toMatchObject({
      name: "own",
      secret: expect.stringMatching(/^akidb_/),
      role: null,
      collections: [expect.any(String)],
      read_only: true,
      filter: { team: "a" },
    });
    const { printed: table } = await piped(["keys", "list"]);
    expect(table).toMatch(/^own +akidb_\S+ +its user's +reading, 1 collections, a filter +good until 2999/m);
    expect(table).not.toContain(key.secret);
    expect((await piped(["keys", "revoke", key.api_key_id])).printed).toBe("revoked key own\n");
    expect((await piped(["keys", "list", "--user", "ada@example.org"])).printed).toMatch(/^own .* revoked /m);
    expect((await piped(["keys", "delete", key.api_key_id])).error).toMatch(/^--yes: must be given/);
    expect((await typed(["keys", "delete", key.api_key_id], "y")).printed).toBe("deleted key own\n");
    expect((await piped(["keys", "revoke", key.api_key_id])).error).toMatch(/does not exist$/);
    expect((await piped(["keys", "create", "k"])).error).toBe("role: is needed for a key of no user");
    const none = await piped(["keys", "create", "k", "--role", "viewer", "--collections", "none"]);
    expect(none.error).toBe("collections[0]: does not exist");
  });
});
