import {
  invalidArgument,
  type Role,
  roles,
  type UpdateUserInput,
  type UserInfo,
  type UserStatus,
  userStatuses,
} from "@akidb/base";
import { userToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { partialExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { askNewPassword, passwordStdinFlag } from "../terminal/askNewPassword.ts";
import { paintIf } from "../terminal/paint.ts";
import { renderTable, tableWidth } from "../terminal/table.ts";
import { allPages } from "./allPages.ts";
import { examples } from "./examples.ts";
import { oneOf } from "./parseOption.ts";
import { printJson } from "./printJson.ts";

interface UserFlags extends ConnectionFlags {
  readonly tenant?: string;
  readonly json?: true;
}

interface PasswordFlag {
  readonly passwordStdin?: true;
}

export function registerUsers(program: Command, cli: Cli): void {
  const users = program
    .command("users")
    .summary("list, create, change and delete users")
    .description("List, create, change and delete those who come in by e-mail and password.")
    .addHelpText(
      "after",
      examples("akidb users list", "akidb users create ada@example.org --role developer"),
    );
  registerList(users, cli);
  registerCreate(users, cli);
  registerUpdate(users, cli);
  registerSetPassword(users, cli);
  registerDelete(users, cli);
}

const addUserOptions = (command: Command): Command =>
  addConnectionOptions(command).option("--tenant <TENANT>", "slug or id (default: the caller's own)");

const addPasswordOption = (command: Command): Command =>
  command.option(passwordStdinFlag, "take the password from the first line of the standard input");

const tenantOf = ({ tenant }: UserFlags) => (tenant === undefined ? {} : { tenant });

function registerList(users: Command, cli: Cli): void {
  addUserOptions(users.command("list").description("List the users of a tenant, in order of creation."))
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb users list --json | jq -r '.[].email'"))
    .action(async (flags: UserFlags) => {
      const infos = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        allPages((page) => db.users.list({ ...page, ...tenantOf(flags) })),
      );
      if (flags.json) return printJson(cli, infos.map(userToWire));
      if (infos.length === 0) return cli.terminal.note("no users yet\n");
      printUsers(cli, infos);
    });
}

function registerCreate(users: Command, cli: Cli): void {
  const command = users
    .command("create")
    .description("Create a user; the password is asked for.")
    .argument("<EMAIL>", "unique in the tenant");
  addPasswordOption(addUserOptions(command))
    .option("--role <ROLE>", `${roles.join(", ")} (default: developer)`, oneOf("--role", roles))
    .option("--json", "print it as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb users create ada@example.org --role admin",
        "pass show ada | akidb users create ada@example.org --password-stdin",
      ),
    )
    .action(async (email: string, flags: UserFlags & PasswordFlag & { readonly role?: Role }) => {
      const { role = "developer" } = flags;
      const password = await askNewPassword(cli, { isOnStdin: flags.passwordStdin === true, whose: email });
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.users.create({ email, password, role, ...tenantOf(flags) }),
      );
      if (flags.json) return printJson(cli, userToWire(info));
      cli.terminal.print(`created user ${info.email}: ${info.role}\n`);
    });
}

interface UpdateFlags extends UserFlags {
  readonly email?: string;
  readonly role?: Role;
  readonly status?: UserStatus;
}

function registerUpdate(users: Command, cli: Cli): void {
  const command = users
    .command("update")
    .description("Change a user's e-mail, role or status.")
    .argument("<USER>", "e-mail or id");
  addUserOptions(command)
    .option("--email <EMAIL>", "another e-mail")
    .option("--role <ROLE>", roles.join(", "), oneOf("--role", roles))
    .option(
      "--status <STATUS>",
      `${userStatuses.join(", ")}; the last is for good`,
      oneOf("--status", userStatuses),
    )
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb users update ada@example.org --status suspended"))
    .action(async (user: string, flags: UpdateFlags) => {
      const { email, role, status } = flags;
      if (email === undefined && role === undefined && status === undefined) {
        throw invalidArgument("", "nothing is to be changed: give --email, --role or --status");
      }
      const changes: UpdateUserInput = {
        ...(email !== undefined && { email }),
        ...(role !== undefined && { role }),
        ...(status !== undefined && { status }),
      };
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.users.update(user, changes, tenantOf(flags)),
      );
      if (flags.json) return printJson(cli, userToWire(info));
      cli.terminal.print(`updated user ${info.email}: ${info.role}, ${info.status}\n`);
    });
}

function registerSetPassword(users: Command, cli: Cli): void {
  const command = users
    .command("set-password")
    .description("Give a user another password, which is asked for; its sessions end.")
    .argument("<USER>", "e-mail or id");
  addPasswordOption(addUserOptions(command))
    .option("--json", "print the user as JSON")
    .addHelpText("after", examples("akidb users set-password ada@example.org"))
    .action(async (user: string, flags: UserFlags & PasswordFlag) => {
      const password = await askNewPassword(cli, { isOnStdin: flags.passwordStdin === true, whose: user });
      const info = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.users.update(user, { password }, tenantOf(flags)),
      );
      if (flags.json) return printJson(cli, userToWire(info));
      cli.terminal.print(`set the password of user ${info.email}\n`);
    });
}

function registerDelete(users: Command, cli: Cli): void {
  const command = users
    .command("delete")
    .description("Delete a user with its keys and sessions.")
    .argument("<USER>", "e-mail or id");
  addUserOptions(command)
    .option("--yes", "do not ask")
    .option("--json", "print what was deleted as JSON")
    .addHelpText("after", examples("akidb users delete ada@example.org --yes"))
    .action(async (user: string, flags: UserFlags & { readonly yes?: true }) => {
      await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const info = await db.users.get(user, tenantOf(flags));
        const { id, email } = info;
        if (!flags.yes && !(await confirm(cli, email))) {
          cli.terminal.note("nothing was deleted\n");
          return cli.exitWith(partialExitCode);
        }
        await db.users.delete(id, tenantOf(flags));
        if (flags.json) return printJson(cli, userToWire(info));
        cli.terminal.print(`deleted user ${email}\n`);
      });
    });
}

async function confirm({ terminal }: Cli, email: string): Promise<boolean> {
  if (!terminal.inIsTerminal) {
    throw invalidArgument("--yes", `must be given to delete user ${email} where nobody can be asked`);
  }
  const answer = await terminal.ask(`Delete user ${email} with all keys and sessions? [y/N] `);
  return /^y(es)?$/i.test(answer?.trim() ?? "");
}

function printUsers({ terminal }: Cli, infos: readonly UserInfo[]): void {
  const paint = paintIf(terminal.outHasColors);
  const columns = [
    { title: "E-MAIL" },
    { title: "ROLE" },
    { title: "STATUS" },
    { title: "LAST LOGIN" },
    { title: "ID" },
  ];
  const rows = infos.map(({ email, role, status, lastLoginAt, id }) => [
    email,
    role,
    status === "active" ? status : paint("yellow", status),
    lastLoginAt ?? "never",
    id,
  ]);
  terminal.print(renderTable(columns, rows, paint, tableWidth(terminal)));
}
