import { invalidArgument } from "@akidb/base";

/**
 * For a model that has a dimension of its own.
 *
 * @param wanted any will do if undefined
 * @throws AkiDbError `invalid_argument`
 */
export function requireModelDimension(name: string, dimension: number, wanted: number | undefined): void {
  if (wanted === undefined || wanted === dimension) return;
  throw invalidArgument("dimension", `must be ${dimension}, that of the model ${name}, not ${wanted}`);
}
