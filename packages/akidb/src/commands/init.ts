import { type AkiDb, failedPrecondition, invalidArgument } from "@akidb/base";
import { readLockHolder } from "@akidb/database/holder";
import { type Config, loadConfig } from "@akidb/server/config";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { withTarget } from "../target/openTarget.ts";
import { askNewPassword, passwordStdinFlag } from "../terminal/askNewPassword.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";

interface InitFlags {
  readonly dataDir?: string;
  readonly config: string;
  readonly email?: string;
  readonly passwordStdin?: true;
}

const initHelp = `
What is there already stays as it is: a configuration file is never written over,
and a tenant that has users or keys gets no more of them.
`;

export function registerInit(program: Command, cli: Cli): void {
  program
    .command("init")
    .summary("set up a server that needs credentials")
    .description(
      "Make a data directory with a first admin and an admin key, and a configuration file by which the server asks " +
        "everybody for credentials. The key is printed this once.",
    )
    .option("--data-dir <DIR>", "the data directory (default: that of the configuration)")
    .option("--config <FILE>", "the configuration file", "config.toml")
    .option("--email <EMAIL>", "of the first admin (default: it is asked for)")
    .option(passwordStdinFlag, "take the password from the first line of the standard input")
    .addHelpText("after", initHelp)
    .addHelpText(
      "after",
      examples(
        "akidb init",
        "pass show akidb | akidb init --email ada@example.org --password-stdin --data-dir /srv/akidb",
      ),
    )
    .action((flags: InitFlags) => init(cli, flags));
}

async function init(cli: Cli, flags: InitFlags): Promise<void> {
  const { terminal, files } = cli;
  const config = configOf(cli, flags);
  const directory = files.absolute(config.data.dir);
  if (files.exists(flags.config)) requireSameDirectory(cli, flags, directory);
  const url = readLockHolder(directory)?.url;
  if (url) {
    throw failedPrecondition(
      `a server has ${JSON.stringify(directory)} open already, at ${url}; stop it, or use akidb users and akidb keys`,
    );
  }
  const connection = { flags: { dataDir: directory }, mayCreate: true };
  const isFresh =
    !files.exists(directory) || (await withTarget(cli, { ...connection, mayCreate: false }, hasNobody));
  const admin = isFresh ? await askForAdmin(cli, flags) : undefined;
  const secret = admin && (await withTarget(cli, connection, (db) => createAdmin(db, admin)));
  if (admin === undefined) {
    terminal.note("there are users or keys already, and they stay as they are\n");
  } else {
    terminal.note(`created user ${admin.email}: admin\n`);
  }
  writeConfig(cli, flags, { config, directory });
  if (secret !== undefined) {
    terminal.note("created key admin; this is its secret, shown this once:\n");
    terminal.print(`${secret}\n`);
  }
  terminal.note(`\nstart the server with: akidb serve --config ${printable(flags.config)}\n`);
}

/** A file that is there says where the data are; flags win over it. */
const configOf = (cli: Cli, { dataDir, config }: InitFlags): Config =>
  loadConfig({
    flags: { "--data-dir": dataDir, "--config": cli.files.exists(config) ? config : undefined },
    environment: cli.environment,
    readFile: cli.files.readText,
    isTerminal: cli.terminal.outIsTerminal,
  });

/** @throws AkiDbError `invalid_argument` where the server would open another directory than the one that is set up */
function requireSameDirectory(cli: Cli, { config }: InitFlags, directory: string): void {
  const { dir } = configOf(cli, { config }).data;
  if (cli.files.absolute(dir) === directory) return;
  throw invalidArgument(
    "--data-dir",
    `is not the directory that a server with ${printable(config)} would open, ${JSON.stringify(dir)}`,
  );
}

async function hasNobody({ users, apiKeys }: AkiDb): Promise<boolean> {
  const [{ items: someUsers }, { items: someKeys }] = [
    await users.list({ limit: 1 }),
    await apiKeys.list({ limit: 1 }),
  ];
  return someUsers.length === 0 && someKeys.length === 0;
}

interface FirstAdmin {
  readonly email: string;
  readonly password: string;
}

/** Before anything is made, so that nothing is left of a set-up that was given up. */
async function askForAdmin(cli: Cli, flags: InitFlags): Promise<FirstAdmin> {
  const { terminal } = cli;
  if (flags.email === undefined && (!terminal.inIsTerminal || flags.passwordStdin)) {
    throw invalidArgument("--email", "must be given where nobody can be asked for it");
  }
  const email = flags.email ?? (await terminal.ask("E-mail of the first admin: "))?.trim();
  if (email === undefined || email === "") throw invalidArgument("--email", "was not given");
  const password = await askNewPassword(cli, { isOnStdin: flags.passwordStdin === true, whose: email });
  return { email, password };
}

/** @returns the secret of a key */
async function createAdmin({ users, apiKeys }: AkiDb, { email, password }: FirstAdmin): Promise<string> {
  await users.create({ email, password, role: "admin" });
  const { secret } = await apiKeys.create({ name: "admin", role: "admin" });
  return secret;
}

function writeConfig(
  { files, terminal }: Cli,
  { config: path }: InitFlags,
  { config, directory }: { readonly config: Config; readonly directory: string },
): void {
  const lines = [
    "# Made by akidb init; docs/configuration.md has all that can be said here.",
    "[data]",
    `dir = ${JSON.stringify(directory)}`,
    "",
    "[auth]",
    'mode = "required"',
    "",
  ];
  if (files.createPrivateText(path, lines.join("\n"))) {
    terminal.note(`wrote ${printable(path)}: data in ${printable(directory)}, credentials required\n`);
    return;
  }
  terminal.note(`${printable(path)} is there already, and stays as it is\n`);
  if (config.auth.mode !== "required") {
    terminal.note(`it says auth.mode = "${config.auth.mode}"; "required" asks everybody for credentials\n`);
  }
}
