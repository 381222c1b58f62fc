import { type FieldViolation, invalidArguments, limits } from "@akidb/base";

/**
 * For a provider with a single model that gives vectors of any dimension.
 *
 * @throws AkiDbError `invalid_argument`, with a violation for the name and one for the dimension
 */
export function checkModel(
  known: string,
  { name, dimension }: { readonly name: string; readonly dimension: number },
): void {
  const violations: FieldViolation[] = [];
  if (name !== known) {
    violations.push({
      path: "model",
      detail: `${JSON.stringify(name)} is not known; the models are: ${known}`,
    });
  }
  if (
    !(Number.isInteger(dimension) && dimension >= limits.dimensionMin && dimension <= limits.dimensionMax)
  ) {
    violations.push({
      path: "dimension",
      detail: `must be an integer from ${limits.dimensionMin} to ${limits.dimensionMax}, not ${dimension}`,
    });
  }
  if (violations.length > 0) throw invalidArguments(violations);
}
