import type { FastifyInstance } from "fastify";

/**
 * A copy of `schema` in which every schema that has an `$id` is a reference to it, added to the app once: what has an
 * `$id` is a component of the OpenAPI document, compiled once.
 */
export function withReferences(app: FastifyInstance, schema: object): object {
  if ("$id" in schema && typeof schema.$id === "string") {
    if (app.getSchema(schema.$id) === undefined) app.addSchema(copyOfFields(app, schema));
    return { $ref: `${schema.$id}#` };
  }
  return copyOfFields(app, schema);
}

const copyOfFields = (app: FastifyInstance, schema: object): object =>
  Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, copyOfValue(app, value)]));

function copyOfValue(app: FastifyInstance, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => copyOfValue(app, item));
  return typeof value === "object" && value !== null ? withReferences(app, value) : value;
}
