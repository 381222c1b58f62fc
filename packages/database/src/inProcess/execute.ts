import type { CallOptions } from "@akidb/base";
import type { Operation } from "../operation.ts";

/** Runs an operation for a caller in this process. */
export type Execute = <Input, Output>(
  operation: Operation<Input, Output>,
  input: Input,
  options: CallOptions | undefined,
) => Promise<Output>;
