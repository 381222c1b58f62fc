/** The part of JSON Schema that the protocol's responses are written in. */
export interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
}

/**
 * Where an answer differs from its schema; undefined if it does not. Unknown fields are let pass, so that a client
 * understands a newer server. Interpreted, because a compiled schema needs `eval`, which pages may forbid.
 */
export function shapeMismatch(shape: Shape, value: unknown, path = ""): string | undefined {
  if (shape.anyOf !== undefined) {
    const fits = shape.anyOf.some((each) => shapeMismatch(each, value, path) === undefined);
    return fits ? undefined : path;
  }
  if (shape.enum !== undefined) return shape.enum.includes(value) ? undefined : path;
  switch (shape.type) {
    case "object":
      return objectMismatch(shape, value, path);
    case "array":
      return arrayMismatch(shape, value, path);
    case "integer":
      return Number.isInteger(value) ? undefined : path;
    case "null":
      return value === null ? undefined : path;
    default:
      return typeof value === shape.type ? undefined : path;
  }
}

function objectMismatch(shape: Shape, value: unknown, path: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return path;
  const fields = value as Readonly<Record<string, unknown>>;
  for (const [name, property] of Object.entries(shape.properties ?? {})) {
    const fieldPath = path === "" ? name : `${path}.${name}`;
    if (!Object.hasOwn(fields, name)) {
      if (shape.required?.includes(name)) return fieldPath;
      continue;
    }
    const mismatch = shapeMismatch(property, fields[name], fieldPath);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function arrayMismatch({ items }: Shape, value: unknown, path: string): string | undefined {
  if (!Array.isArray(value)) return path;
  if (items === undefined) return undefined;
  for (const [index, item] of value.entries()) {
    const mismatch = shapeMismatch(items, item, `${path}[${index}]`);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}
