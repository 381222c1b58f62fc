import { circuitBreakersToWire } from "@akidb/client";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addConnectionOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { withTarget } from "../target/openTarget.ts";
import { examples } from "./examples.ts";
import { printJson } from "./printJson.ts";

interface CircuitBreakerFlags extends ConnectionFlags {
  readonly json?: true;
}

export function registerCircuitBreaker(program: Command, cli: Cli): void {
  const command = program
    .command("circuit-breaker")
    .summary("ask the object store again at once")
    .description(
      "A service that fails again and again, as an object store that is away, is left alone for a while, a minute at most, and then asked again by itself.",
    )
    .addHelpText("after", examples("akidb circuit-breaker reset"));
  addConnectionOptions(
    command
      .command("reset")
      .description(
        "Ask at once. What waits for the store is tried, too; where it is still away, it is left alone again.",
      ),
  )
    .option("--json", "print the states as JSON")
    .addHelpText("after", examples("akidb circuit-breaker reset --json"))
    .action((flags: CircuitBreakerFlags) => reset(cli, flags));
}

async function reset(cli: Cli, flags: CircuitBreakerFlags): Promise<void> {
  const breakers = await withTarget(cli, { flags, mayCreate: false }, (db) => db.resetCircuitBreakers());
  if (flags.json) return printJson(cli, circuitBreakersToWire(breakers));
  for (const { service, state } of breakers) cli.terminal.print(`${service}: ${state}\n`);
}
