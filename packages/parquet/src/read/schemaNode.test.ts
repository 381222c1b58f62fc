import { describe, expect, it } from "vitest";
import { documentSchema } from "../format/documentSchema.ts";
import { schemaTree } from "./schemaNode.ts";

describe("schemaTree", () => {
  it("makes a tree of the list in the footer", () => {
    const root = schemaTree(documentSchema);
    expect(root.children.map(({ path }) => path.join("."))).toEqual([
      "id",
      "external_id",
      "vector",
      "text",
      "metadata",
      "inserted_at",
      "updated_at",
      "version",
      "expires_at",
    ]);
    expect(root.children[2]!.children[0]!.children[0]!.path).toEqual(["vector", "list", "element"]);
  });

  it.each([
    ["too many children", [{ name: "root", num_children: 1 << 30 }, ...documentSchema.slice(1)]],
    ["too few children", [{ name: "root", num_children: 3 }, ...documentSchema.slice(1)]],
    ["none at all", []],
    ["nine thousand levels", Array(9_000).fill({ name: "deeper", num_children: 1 })],
    ["a million elements", Array(1_000_000).fill({ name: "x" })],
  ])("refuses %s", (_, schema) => {
    expect(() => schemaTree(schema)).toThrow(/^has a schema/);
  });
});
