import type { CallOptions } from "@akidb/base";
import type { Operation } from "../operation.ts";

/** Runs an operation for whoever holds the database in its own process. */
export type Execute = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  options?: CallOptions,
) => Promise<Output>;
