import type { IntegerOption, OptionSpec, Unit } from "./optionSpec.ts";

/** For people: `64 MiB`, `30 seconds`, `pretty on a terminal, json otherwise`. */
export function describeDefault(spec: OptionSpec): string {
  switch (spec.type) {
    case "integer":
      return describeInteger(spec.default, spec.unit);
    case "enum":
      return spec.defaultOnTerminal === undefined
        ? spec.default
        : `${spec.defaultOnTerminal} on a terminal, ${spec.default} otherwise`;
    case "optional string":
    case "optional list":
      return spec.whenAbsent;
    default:
      return String(spec.default);
  }
}

/** `0 to 65535`, `1 to 3,600 seconds`, `64 KiB to 1 GiB` */
export function describeRange({ unit, min, max }: IntegerOption): string {
  const from = unit === "bytes" ? describeBytes(min) : String(min);
  return `${from} to ${describeInteger(max, unit)}`;
}

/** Without a unit a number is a name (a port) as often as an amount, so its digits stay together. */
function describeInteger(value: number, unit: Unit | undefined): string {
  if (unit === undefined) return String(value);
  return unit === "bytes" ? describeBytes(value) : `${formatInteger(value)} ${unit}`;
}

function describeBytes(bytes: number): string {
  const [size, name] =
    [[1024 ** 3, "GiB"] as const, [1024 ** 2, "MiB"] as const, [1024, "KiB"] as const].find(
      ([unitBytes]) => bytes >= unitBytes && bytes % unitBytes === 0,
    ) ?? ([1, "bytes"] as const);
  return `${formatInteger(bytes / size)} ${name}`;
}

const formatInteger = (value: number): string => value.toLocaleString("en-US");
