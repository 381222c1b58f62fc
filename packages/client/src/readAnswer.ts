import { AkiDbError } from "@akidb/base";
import { type Shape, shapeMismatch } from "./shapeMismatch.ts";

/**
 * An answer as the interface has it.
 *
 * @param schema the protocol's: TypeBox schemas are JSON Schema objects
 * @throws AkiDbError `internal` where the answer is of another shape: something else listens there, or another version
 */
export function readAnswer<Wire, Result>(
  schema: object,
  fromWire: (wire: Wire) => Result,
  body: unknown,
): Result {
  const mismatch = body === undefined ? "" : shapeMismatch(schema as Shape, body);
  if (mismatch !== undefined) {
    const where = mismatch === "" ? "" : ` at ${mismatch}`;
    throw new AkiDbError("internal", `the server's answer is not of AkiDB's protocol${where}`);
  }
  return fromWire(body as Wire);
}
