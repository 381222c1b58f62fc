import {
  CollectionList,
  CollectionResource,
  DocumentResource,
  EmbedResponse,
  QueryResponse,
  RefusedUpsert,
  UpsertResponse,
} from "@akidb/protocol";
import { describe, expect, it } from "vitest";
import { type Shape, shapeMismatch } from "./shapeMismatch.ts";

describe("shapeMismatch", () => {
  const shape: Shape = {
    type: "object",
    required: ["name", "items"],
    properties: {
      name: { type: "string" },
      count: { type: "integer" },
      state: { enum: ["on", "off"] },
      items: { type: "array", items: { anyOf: [{ type: "number" }, { type: "null" }] } },
    },
  };

  it.each([
    [{ name: "a", items: [] }, undefined],
    [{ name: "a", items: [1, null], count: 2, state: "on", more: {} }, undefined],
    [{ items: [] }, "name"],
    [{ name: null, items: [] }, "name"],
    [{ name: "a", items: [1, "2"] }, "items[1]"],
    [{ name: "a", items: {} }, "items"],
    [{ name: "a", items: [], count: 1.5 }, "count"],
    [{ name: "a", items: [], state: "up" }, "state"],
    [[], ""],
    [null, ""],
  ])("%j differs at %j", (value, path) => {
    expect(shapeMismatch(shape, value)).toBe(path);
  });

  it.each(
    Object.entries({
      CollectionList,
      CollectionResource,
      DocumentResource,
      EmbedResponse,
      QueryResponse,
      RefusedUpsert,
      UpsertResponse,
    }),
  )("understands every keyword of %s", (_name, schema) => {
    const understood = new Set(["type", "properties", "required", "items", "anyOf", "enum"]);
    // What says nothing about whether a value fits, or only more exactly than a client needs.
    const ignored = new Set(["description", "examples", "format", "$id", "additionalProperties", "minimum"]);
    const visit = (part: object): void => {
      for (const [keyword, value] of Object.entries(part)) {
        expect([...understood, ...ignored]).toContain(keyword);
        if (keyword === "properties") for (const each of Object.values(value)) visit(each as object);
        if (keyword === "items") visit(value);
        if (keyword === "anyOf") for (const each of value) visit(each);
      }
    };
    visit(schema);
  });
});
