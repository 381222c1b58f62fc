import type { Deadline } from "@akidb/base";
import type { Caller, ownProcess } from "./access/caller.ts";
import type { Trace } from "./telemetry/span.ts";

/** One request, whatever transport brought it. */
export interface Call {
  readonly requestId: string;
  /** That it is a part of, if any. */
  readonly trace?: Trace | undefined;
  /** Ends the work when its time is up or its caller has gone. */
  readonly deadline: Deadline;
  readonly caller: Caller | typeof ownProcess;
  /** As the transport calls it: `POST /api/v1/collections`. */
  readonly route?: string | undefined;
  /** The name or id of a database of the caller's tenant; that called `default` if absent. */
  readonly database?: string | undefined;
}
