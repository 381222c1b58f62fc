import type { CallOptions, CollectionOperation } from "@akidb/base";
import type { Static, TObject } from "typebox";
import { createArgumentsReader } from "./argumentsReader.ts";
import type { McpDatabase } from "./mcpDatabase.ts";

export interface ToolText {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The permission of this is the tool's: who has it not is not shown the tool. */
  readonly operation: CollectionOperation;
  /** What clients tell their users before they let a model call it. */
  readonly effect: "reads" | "writes" | "destroys";
}

export interface Tool extends ToolText {
  readonly input: TObject;
  readonly output: TObject;
  /** Rejects with an `AkiDbError`. */
  readonly call: (db: McpDatabase, given: unknown, options: CallOptions) => Promise<ToolResult>;
}

export interface ToolResult {
  readonly content: object;
  /** That nothing was done of what was asked for, though the content tells more than an error. */
  readonly isError?: boolean;
}

interface ToolDefinition<Input extends TObject> extends ToolText {
  readonly input: Input;
  readonly output: TObject;
  readonly run: (db: McpDatabase, input: Static<Input>, options: CallOptions) => Promise<ToolResult>;
}

/** The only way to make a tool: what comes in is checked against the schema that is shown. */
export function defineTool<Input extends TObject>({ run, ...tool }: ToolDefinition<Input>): Tool {
  const read = createArgumentsReader(tool.input);
  return { ...tool, call: (db, given, options) => run(db, read(given), options) };
}
