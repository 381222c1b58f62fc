import { invalidArgument } from "@akidb/base";
import type { Static, TObject } from "typebox";
import { Compile } from "typebox/compile";

/** Compiled by the first call: most processes serve no tool. */
export function createArgumentsReader<Schema extends TObject>(
  schema: Schema,
): (given: unknown) => Static<Schema> {
  let compiled: ReturnType<typeof Compile> | undefined;
  return (given) => {
    compiled ??= Compile(schema);
    if (compiled.Check(given)) return given as Static<Schema>;
    throw violationOf(compiled.Errors(given));
  };
}

type SchemaError = ReturnType<ReturnType<typeof Compile>["Errors"]>[number];

/** Of a union the branch that got furthest was meant, as far as one can tell. */
function violationOf(errors: readonly SchemaError[]) {
  const [first, ...others] = errors.filter(({ keyword }) => keyword !== "boolean");
  if (first === undefined) return invalidArgument("", "is not valid");
  const depth = ({ instancePath }: SchemaError): number => instancePath.split("/").length;
  const error = others.reduce((best, each) => (depth(each) > depth(best) ? each : best), first);
  const path = pathOf(error.instancePath);
  switch (error.keyword) {
    case "required":
      return invalidArgument(joined(path, error.params.requiredProperties[0]), "is missing");
    case "additionalProperties":
      return invalidArgument(joined(path, error.params.additionalProperties[0]), "is unknown");
    case "enum":
      return invalidArgument(path, `must be one of ${error.params.allowedValues.join(", ")}`);
    default:
      return invalidArgument(path, error.message);
  }
}

/** `/documents/3/text` → `documents[3].text` */
const pathOf = (pointer: string): string =>
  pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce((path, name) => (/^\d+$/.test(name) ? `${path}[${name}]` : joined(path, name)), "");

const joined = (path: string, name = ""): string => (path === "" ? name : `${path}.${name}`);
