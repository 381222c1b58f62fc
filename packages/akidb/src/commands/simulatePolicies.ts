import { invalidArgument, type SimulationInput } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";
import { addPolicyTextOptions, type PolicyTextFlags, policyTextOf } from "./policyText.ts";
import { printJson } from "./printJson.ts";

interface SimulateFlags extends ConnectionFlags, PolicyTextFlags {
  readonly json?: true;
  readonly user?: string;
  readonly key?: string;
  readonly role?: string;
  readonly collection?: string;
  readonly type?: string;
  readonly name?: string;
  readonly ip?: string;
  readonly time?: string;
  readonly tenant?: string;
}

export function registerSimulate(policies: Command, cli: Cli): void {
  const command = policies
    .command("simulate")
    .summary("what would be decided, and by which policies")
    .description(
      "What would be decided, and by which policies. With --file or --text, that policy decides with the others, as a draft.",
    )
    .argument("<ACTION>", "such as document::search");
  addConnectionOptions(addPolicyTextOptions(command))
    .option("--user <USER>", "who: id or e-mail (default: you)")
    .option("--key <ID>", "who: an API key")
    .option("--role <ROLE>", "who: anybody who is admin, developer, viewer or auditor")
    .option("--collection <NAME>", "a collection of the default database, be it there or not")
    .option("--type <TYPE>", "of another resource: server, tenant, database, policy, user or api_key")
    .option("--name <NAME>", "its name, or a user's e-mail")
    .option("--ip <ADDRESS>", "from where (default: nobody knows)")
    .option("--time <TIME>", "when (ISO 8601 with its zone; default: now)")
    .option("--tenant <TENANT>", "id or slug (default: your own)")
    .option("--json", "print the decision as JSON")
    .addHelpText(
      "after",
      examples(
        "akidb policies simulate document::write --user ada@example.org --collection books",
        "akidb policies simulate policy::manage --role admin --type tenant --file draft.cedar",
      ),
    )
    .action(async (action: string, flags: SimulateFlags) => {
      const input = simulationOf(cli, action, flags);
      const decided = await withTarget(cli, { flags, mayCreate: false }, (db) => db.policies.simulate(input));
      if (flags.json) return printJson(cli, decided);
      const by = decided.policies.map(printable).join(", ");
      const why = by === "" ? "nothing permits it" : `by ${by}`;
      cli.terminal.print(`${decided.decision}: ${why}\n`);
    });
}

function simulationOf(cli: Cli, action: string, flags: SimulateFlags): SimulationInput {
  const { user, key, role, collection, type, name, ip, time, tenant } = flags;
  const whos = [
    ...(user === undefined ? [] : [{ user }]),
    ...(key === undefined ? [] : [{ apiKey: key }]),
    ...(role === undefined ? [] : [{ role }]),
  ];
  if (whos.length > 1) throw invalidArgument("--user", "--key and --role are one too many: give one of them");
  if ((collection === undefined) === (type === undefined)) {
    throw invalidArgument("--collection", "is needed, or --type");
  }
  const cedarText = policyTextOf(cli, flags);
  const [principal] = whos;
  return {
    action,
    resource:
      collection === undefined
        ? { type: type ?? "", ...(name !== undefined && { name }) }
        : { type: "collection", name: collection },
    ...(principal !== undefined && { principal }),
    ...(cedarText !== undefined && { policies: [{ name: "draft", cedarText }] }),
    ...(ip !== undefined && { ipAddress: ip }),
    ...(time !== undefined && { time }),
    ...(tenant !== undefined && { tenant }),
  };
}
