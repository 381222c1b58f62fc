import type { TObject } from "typebox";

/** The JSON Schema of a tool: without the names of its parts, which mean something in an OpenAPI document alone. */
export type ShownSchema = { readonly type: "object" } & Readonly<Record<string, unknown>>;

export const shownSchema = (schema: TObject): ShownSchema =>
  JSON.parse(JSON.stringify(schema, (name, value: unknown) => (name === "$id" ? undefined : value)));
