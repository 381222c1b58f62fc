import { limits } from "@akidb/base";
import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { addDatabaseOptions, type ConnectionFlags } from "../target/connectionOptions.ts";
import { openTarget } from "../target/openTarget.ts";
import { printable } from "../terminal/printable.ts";
import { examples } from "./examples.ts";

export function registerMcp(program: Command, cli: Cli): void {
  const command = program
    .command("mcp")
    .summary("serve an assistant by the Model Context Protocol, over stdin and stdout")
    .description(
      "Serve an assistant by the Model Context Protocol, over stdin and stdout, until it closes them. Started by the assistant's " +
        "program; docs/mcp.md shows how to tell it.",
    );
  addDatabaseOptions(command)
    .addHelpText(
      "after",
      examples(
        "akidb mcp --data-dir /srv/akidb",
        "AKIDB_API_KEY=… akidb mcp --url https://akidb.example.org",
      ),
    )
    .action((flags: ConnectionFlags) => serve(cli, flags));
}

async function serve(cli: Cli, flags: ConnectionFlags): Promise<void> {
  const { terminal, version } = cli;
  const { input, output, stopped } = cli.pipes();
  const stop = new AbortController();
  void stopped().then(() => stop.abort());
  // For no other command: the protocol's library takes a while to load.
  const { mcpDatabaseOf, serveMcpOverStdio } = await import("@akidb/mcp");
  const db = await openTarget(cli, { flags, mayCreate: true });
  try {
    await serveMcpOverStdio({
      db: mcpDatabaseOf(db, flags.database),
      version,
      input,
      output,
      messageBytesMax: limits.bodyBytesMax,
      signal: stop.signal,
      onBadMessage: (reason) => terminal.note(`akidb mcp: ${printable(reason)}\n`),
      // Stdout is the protocol's; assistants show stderr to whoever looks for a fault.
      onInternalError: ({ message, cause }) =>
        terminal.note(`akidb mcp: ${cause instanceof Error ? cause.stack : message}\n`),
    });
  } finally {
    await db.close();
  }
}
