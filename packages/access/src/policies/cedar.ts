import { createRequire } from "node:module";
import { AkiDbError } from "@akidb/base";

export type Cedar = typeof import("@cedar-policy/cedar-wasm/nodejs");

const require = createRequire(import.meta.url);
const moduleName = "@cedar-policy/cedar-wasm/nodejs";

interface CedarInstance {
  readonly cedar: Cedar;
  /** Counts up: what was compiled in an earlier one is gone. */
  readonly generation: number;
}

let current: CedarInstance | undefined;
let generation = 0;

/**
 * Cedar's WebAssembly, loaded by the first decision: some 100 ms and 30 MB. Where it traps its memory is lost, so the next
 * caller gets a new one.
 *
 * @throws AkiDbError `internal` where it traps
 */
export function withCedar<Result>(work: (cedar: Cedar, generation: number) => Result): Result {
  current ??= { cedar: load(), generation: ++generation };
  try {
    return work(current.cedar, current.generation);
  } catch (error) {
    if (!isTrap(error)) throw error;
    current = undefined;
    throw new AkiDbError("internal", "internal error", { cause: error });
  }
}

/** `WebAssembly.RuntimeError`, and what the engine says of a stack that is too deep. */
const isTrap = (error: unknown): boolean =>
  error instanceof RangeError || (error instanceof Error && error.name === "RuntimeError");

/** The package instantiates itself when it is required, once; without its entry in the cache, once more. */
function load(): Cedar {
  delete require.cache[require.resolve(moduleName)];
  return require(moduleName) as Cedar;
}
