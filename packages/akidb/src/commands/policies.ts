import { invalidArgument, limits, type PolicyFinding, type PolicyInfo } from "@akidb/base";
import { policyToWire, shippedPoliciesToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { findingExitCode } from "../exitCodes.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { addPolicyTextOptions, type PolicyTextFlags, policyTextOf } from "./policyText.ts";
import { printJson } from "./printJson.ts";
import { printPolicies } from "./printPolicies.ts";
import { registerSimulate } from "./simulatePolicies.ts";

interface JsonFlag extends ConnectionFlags {
  readonly json?: true;
}

interface LockoutFlag {
  readonly confirmLockout?: true;
}

const locksOut = "do it even if you can manage policies no longer afterwards";

export function registerPolicies(program: Command, cli: Cli): void {
  const policies = program
    .command("policies")
    .summary("list, create, change, check and simulate Cedar policies")
    .description("List, create, change, check and simulate the Cedar policies of a tenant.")
    .addHelpText(
      "after",
      examples(
        'akidb policies create "no secrets for viewers" --file no-secrets.cedar',
        'akidb policies disable "no secrets for viewers"',
        "akidb policies simulate document::search --role viewer --collection secret-plans",
      ),
    );
  registerList(policies, cli);
  registerGet(policies, cli);
  registerCreate(policies, cli);
  registerUpdate(policies, cli);
  registerSwitch(policies, cli, { name: "enable", enabled: true });
  registerSwitch(policies, cli, { name: "disable", enabled: false });
  registerDelete(policies, cli);
  registerValidate(policies, cli);
  registerSimulate(policies, cli);
  registerShipped(policies, cli);
}

function registerList(policies: Command, cli: Cli): void {
  addConnectionOptions(policies.command("list").description("List policies, in order of creation."))
    .option("--tenant <TENANT>", "id or slug (default: your own)")
    .option("--json", "print them as a JSON array")
    .addHelpText("after", examples("akidb policies list", "akidb policies list --tenant acme --json"))
    .action(async (flags: JsonFlag & { readonly tenant?: string }) => {
      const { tenant } = flags;
      const all = await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const found: PolicyInfo[] = [];
        for (let cursor: string | undefined; ; ) {
          const page = await db.policies.list({
            limit: limits.pageSizeMax,
            ...(tenant !== undefined && { tenant }),
            ...(cursor !== undefined && { cursor }),
          });
          found.push(...page.items);
          cursor = page.nextCursor;
          if (cursor === undefined) return found;
        }
      });
      if (flags.json) return printJson(cli, all.map(policyToWire));
      if (all.length === 0) return cli.terminal.note("no policies yet\n");
      printPolicies(cli, all);
    });
}

function registerGet(policies: Command, cli: Cli): void {
  const command = policies.command("get").description("Show a policy.").argument("<POLICY>", "name or id");
  addConnectionOptions(command)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples('akidb policies get "no secrets for viewers"'))
    .action(async (nameOrId: string, flags: JsonFlag) => {
      const policy = await withTarget(cli, { flags, mayCreate: false }, (db) => db.policies.get(nameOrId));
      if (flags.json) return printJson(cli, policyToWire(policy));
      const state = policy.enabled ? "enabled" : "disabled";
      cli.terminal.print(`// ${printable(policy.name)} (${policy.id}), ${state}\n${policy.cedarText}\n`);
    });
}

function registerCreate(policies: Command, cli: Cli): void {
  const command = policies
    .command("create")
    .description("Create a policy.")
    .argument("<NAME>", "unique in the tenant");
  addConnectionOptions(addPolicyTextOptions(command))
    .option("--tenant <TENANT>", "id or slug (default: your own)")
    .option("--disabled", "let it decide nothing yet")
    .option("--confirm-lockout", locksOut)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb policies create office-hours --file office-hours.cedar --disabled"))
    .action(
      async (
        name: string,
        flags: JsonFlag &
          PolicyTextFlags &
          LockoutFlag & { readonly tenant?: string; readonly disabled?: true },
      ) => {
        const cedarText = policyTextOf(cli, flags);
        if (cedarText === undefined) throw invalidArgument("--file", "is needed, or --text");
        const { tenant, disabled = false, confirmLockout = false } = flags;
        const policy = await withTarget(cli, { flags, mayCreate: false }, (db) =>
          db.policies.create({
            name,
            cedarText,
            enabled: !disabled,
            confirmLockout,
            ...(tenant !== undefined && { tenant }),
          }),
        );
        if (flags.json) return printJson(cli, policyToWire(policy));
        cli.terminal.print(`created policy ${printable(policy.name)} (${policy.id})\n`);
      },
    );
}

function registerUpdate(policies: Command, cli: Cli): void {
  const command = policies
    .command("update")
    .description("Change the name or the text of a policy.")
    .argument("<POLICY>", "name or id");
  addConnectionOptions(addPolicyTextOptions(command))
    .option("--name <NAME>", "the new name")
    .option("--confirm-lockout", locksOut)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples("akidb policies update office-hours --file office-hours.cedar"))
    .action(
      async (
        nameOrId: string,
        flags: JsonFlag & PolicyTextFlags & LockoutFlag & { readonly name?: string },
      ) => {
        const cedarText = policyTextOf(cli, flags);
        const { name, confirmLockout = false } = flags;
        const change = {
          ...(name !== undefined && { name }),
          ...(cedarText !== undefined && { cedarText }),
          confirmLockout,
        };
        const policy = await withTarget(cli, { flags, mayCreate: false }, (db) =>
          db.policies.update(nameOrId, change),
        );
        if (flags.json) return printJson(cli, policyToWire(policy));
        cli.terminal.print(`changed policy ${printable(policy.name)}\n`);
      },
    );
}

function registerSwitch(
  policies: Command,
  cli: Cli,
  { name, enabled }: { readonly name: string; readonly enabled: boolean },
): void {
  const command = policies
    .command(name)
    .description(enabled ? "Let a policy decide." : "Let a policy decide nothing, until it is enabled again.")
    .argument("<POLICY>", "name or id");
  addConnectionOptions(command)
    .option("--confirm-lockout", locksOut)
    .option("--json", "print it as JSON")
    .addHelpText("after", examples(`akidb policies ${name} office-hours`))
    .action(async (nameOrId: string, flags: JsonFlag & LockoutFlag) => {
      const { confirmLockout = false } = flags;
      const policy = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.policies.update(nameOrId, { enabled, confirmLockout }),
      );
      if (flags.json) return printJson(cli, policyToWire(policy));
      cli.terminal.print(`${name}d policy ${printable(policy.name)}\n`);
    });
}

function registerDelete(policies: Command, cli: Cli): void {
  const command = policies
    .command("delete")
    .description("Delete a policy.")
    .argument("<POLICY>", "name or id");
  addConnectionOptions(command)
    .option("--json", "print what was deleted as JSON")
    .addHelpText("after", examples("akidb policies delete office-hours"))
    .action(async (nameOrId: string, flags: JsonFlag) => {
      const policy = await withTarget(cli, { flags, mayCreate: false }, async (db) => {
        const found = await db.policies.get(nameOrId);
        await db.policies.delete(found.id);
        return found;
      });
      if (flags.json) return printJson(cli, policyToWire(policy));
      cli.terminal.print(`deleted policy ${printable(policy.name)}\n`);
    });
}

function registerValidate(policies: Command, cli: Cli): void {
  const command = policies
    .command("validate")
    .summary("check a policy against the schema")
    .description(
      `Check a policy against the schema. Exits with ${findingExitCode} where there are errors; warnings are no errors.`,
    );
  addConnectionOptions(addPolicyTextOptions(command))
    .option("--json", "print the findings as JSON")
    .addHelpText("after", examples("akidb policies validate --file office-hours.cedar"))
    .action(async (flags: JsonFlag & PolicyTextFlags) => {
      const cedarText = policyTextOf(cli, flags);
      if (cedarText === undefined) throw invalidArgument("--file", "is needed, or --text");
      const found = await withTarget(cli, { flags, mayCreate: false }, (db) =>
        db.policies.validate(cedarText),
      );
      if (!found.valid) cli.exitWith(findingExitCode);
      if (flags.json) return printJson(cli, found);
      const print = (kind: string) => (finding: PolicyFinding) =>
        cli.terminal.print(`${kind}: ${printable(finding.detail)}\n`);
      found.errors.forEach(print("error"));
      found.warnings.forEach(print("warning"));
      if (found.valid) cli.terminal.print("the policy is valid\n");
    });
}

function registerShipped(policies: Command, cli: Cli): void {
  const command = policies
    .command("shipped")
    .description("Show the policies that come with the product, and what policies may speak of.");
  addConnectionOptions(command)
    .option("--json", "print them as JSON")
    .addHelpText("after", examples("akidb policies shipped > shipped.cedar"))
    .action(async (flags: JsonFlag) => {
      const shipped = await withTarget(cli, { flags, mayCreate: false }, (db) => db.policies.shipped());
      if (flags.json) return printJson(cli, shippedPoliciesToWire(shipped));
      for (const { name, cedarText } of shipped.policies) cli.terminal.print(`// ${name}\n${cedarText}\n\n`);
      cli.terminal.print(shipped.schema.trim().replace(/^/gm, "// ").concat("\n"));
    });
}
